import type { Line } from '../model/lines';
import type { Range } from '../model/range';
import { visible } from '../model/range';

/** The rectangle that ranges of x and y are drawn into, in pixels of the canvas. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: Range;
  y: Range;
  /** `y` is in log10. */
  log: boolean;
}

/** Where a path goes: a canvas, or a path that is written down. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

export function toX(frame: Frame, x: number): number {
  return frame.left + ((x - frame.x[0]) / (frame.x[1] - frame.x[0])) * frame.width;
}

/** NaN for what has no place: NaN itself, infinities, and values up to zero on a log axis. */
export function toY(frame: Frame, y: number): number {
  const value = frame.log ? Math.log10(y) : y;
  if (!Number.isFinite(value)) return NaN;
  return frame.top + ((frame.y[1] - value) / (frame.y[1] - frame.y[0])) * frame.height;
}

/**
 * Draw the values `ys` of a line. Points that share a column of pixels become one stroke from their lowest to their
 * highest: no spike is lost, and a million points cost a few hundred strokes. Returns points without neighbours.
 */
export function trace(pen: Pen, frame: Frame, line: Pick<Line, 'xs'>, ys: Float64Array, grain = 1): [number, number][] {
  const [first, end] = visible(line.xs, frame.x);
  const single: [number, number][] = [];
  let pieces = 0; // strokes since the last gap
  let [x, y] = [NaN, NaN];
  let i = first;
  while (i < end) {
    const px = toX(frame, line.xs[i]!);
    const py = toY(frame, ys[i]!);
    if (Number.isNaN(py)) {
      if (pieces === 1) single.push([x, y]);
      pieces = 0;
      i++;
      continue;
    }
    if (pieces === 0) pen.moveTo(px, py);
    else pen.lineTo(px, py);
    pieces++;
    [i, x, y] = sameColumn(pen, frame, line.xs, ys, i + 1, end, px, py, grain);
  }
  if (pieces === 1) single.push([x, y]);
  return single;
}

/** Go on from a point at (px, py) through all that stand in its column; returns the next index and where the pen is. */
function sameColumn(
  pen: Pen, frame: Frame, xs: Float64Array, ys: Float64Array, start: number, end: number, px: number, py: number, grain: number,
): [number, number, number] {
  let [low, high, last, i] = [py, py, py, start];
  for (; i < end && toX(frame, xs[i]!) - px < grain; i++) {
    const y = toY(frame, ys[i]!);
    if (Number.isNaN(y)) break;
    if (y < low) low = y;
    if (y > high) high = y;
    last = y;
  }
  if (low < py) pen.lineTo(px, low);
  if (high > py) pen.lineTo(px, high);
  if (last !== high && i - start > 0) pen.lineTo(px, last);
  return [i, px, last];
}

/** Heights moved apart by `gap`, in their order, kept within top and bottom as far as that goes. */
export function spread(heights: number[], gap: number, top: number, bottom: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const out = [...heights];
  let floor = top;
  for (const i of order) {
    out[i] = Math.max(out[i]!, floor);
    floor = out[i]! + gap;
  }
  let ceiling = bottom;
  for (const i of order.reverse()) {
    out[i] = Math.min(out[i]!, ceiling);
    ceiling = out[i]! - gap;
  }
  return out;
}
