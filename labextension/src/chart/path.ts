import type { DrawnLine } from './lines';
import type { Range } from './axis-ranges';
import { visibleIndices } from './axis-ranges';

/** The rectangle of a plot, in pixels of the canvas, and the ranges of x and y that it shows. */
export interface PlotFrame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: Range;
  y: Range;
  /** `y` is in log10. */
  log: boolean;
}

/** Receives a path: a canvas, or the text of an SVG path. */
export interface PathSink {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

export function toX(frame: PlotFrame, x: number): number {
  return frame.left + ((x - frame.x[0]) / (frame.x[1] - frame.x[0])) * frame.width;
}

/** The pixel of a value; NaN for NaN, infinities, and values up to zero on a log axis. */
export function toY(frame: PlotFrame, y: number): number {
  const value = frame.log ? Math.log10(y) : y;
  if (!Number.isFinite(value)) return NaN;
  return frame.top + ((frame.y[1] - value) / (frame.y[1] - frame.y[0])) * frame.height;
}

/**
 * Draw the values `ys` of a line. Points in one column of `columnWidth` pixels become one stroke from their minimum to
 * their maximum: no spike is lost, and a million points take a few hundred strokes. Returns points without neighbours.
 */
export function tracePath(sink: PathSink, frame: PlotFrame, line: Pick<DrawnLine, 'xs'>, ys: Float64Array, columnWidth = 1): [number, number][] {
  return traceRange(sink, frame, line.xs, ys, visibleIndices(line.xs, frame.x), columnWidth);
}

/** The same for points in the order of logging, where x goes back and forth; those outside the frame count, too. */
export function traceLogged(sink: PathSink, frame: PlotFrame, xs: Float64Array, ys: Float64Array, columnWidth = 1): [number, number][] {
  return traceRange(sink, frame, xs, ys, [0, xs.length], columnWidth);
}

function traceRange(sink: PathSink, frame: PlotFrame, xs: Float64Array, ys: Float64Array, [first, end]: Range, columnWidth: number): [number, number][] {
  const isolated: [number, number][] = [];
  let strokes = 0; // since the last gap
  let [x, y] = [NaN, NaN];
  let i = first;
  while (i < end) {
    const px = toX(frame, xs[i]!);
    const py = toY(frame, ys[i]!);
    if (Number.isNaN(px + py)) {
      if (strokes === 1) isolated.push([x, y]);
      strokes = 0;
      i++;
      continue;
    }
    if (strokes === 0) sink.moveTo(px, py);
    else sink.lineTo(px, py);
    strokes++;
    [i, x, y] = drawColumn(sink, frame, xs, ys, i + 1, end, px, py, columnWidth);
  }
  if (strokes === 1) isolated.push([x, y]);
  return isolated;
}

/** Continue from a point at (px, py) through all points of its column; returns the next index and the last position. */
function drawColumn(
  sink: PathSink, frame: PlotFrame, xs: Float64Array, ys: Float64Array, start: number, end: number, px: number, py: number, columnWidth: number,
): [number, number, number] {
  let [low, high, last, i] = [py, py, py, start];
  for (; i < end && Math.abs(toX(frame, xs[i]!) - px) < columnWidth; i++) {
    const y = toY(frame, ys[i]!);
    if (Number.isNaN(y)) break;
    if (y < low) low = y;
    if (y > high) high = y;
    last = y;
  }
  if (low < py) sink.lineTo(px, low);
  if (high > py) sink.lineTo(px, high);
  if (last !== high && i - start > 0) sink.lineTo(px, last);
  return [i, px, last];
}

/** How a line is drawn: as a path, as the area between minimum and maximum, or as points where neither would be true. */
export function lineForm({ decimatedFrom, trace }: Pick<DrawnLine, 'decimatedFrom' | 'trace'>): 'path' | 'area' | 'points' {
  if (decimatedFrom === 0) return 'path';
  return trace === null ? 'area' : 'points';
}

/** The visible points of a line that is drawn as points. */
export function visiblePoints(frame: PlotFrame, line: Pick<DrawnLine, 'xs'>, ys: Float64Array): [x: number, y: number][] {
  const [first, end] = visibleIndices(line.xs, frame.x);
  const pixels: [number, number][] = [];
  for (let i = first; i < end; i++) pixels.push([toX(frame, line.xs[i]!), toY(frame, ys[i]!)]);
  return pixels.filter(([, y]) => !Number.isNaN(y));
}

/** A closed area, as the pixels of its upper and its lower edge. */
export interface Area {
  upper: [x: number, y: number][];
  lower: [x: number, y: number][];
}

/**
 * The areas between minimum and maximum of a decimated line, one per part without gaps. Neighbouring points are the
 * minimum and maximum of a range of rows: an area spans both, where a line between them would be an invented sawtooth.
 */
export function minMaxAreas(frame: PlotFrame, line: Pick<DrawnLine, 'xs'>, ys: Float64Array): Area[] {
  const [first, end] = visibleIndices(line.xs, frame.x);
  const areas: Area[] = [];
  let area: Area | null = null;
  for (let i = first; i < end; i++) {
    const [x, y] = [toX(frame, line.xs[i]!), toY(frame, ys[i]!)];
    if (Number.isNaN(y)) {
      area = null;
      continue;
    }
    if (area === null) areas.push((area = { upper: [[x, y]], lower: [[x, y]] }));
    else addSpan(area, (toX(frame, line.xs[i - 1]!) + x) / 2, toY(frame, ys[i - 1]!), y);
    if (i === end - 1 || Number.isNaN(toY(frame, ys[i + 1]!))) addSpan(area, x, y, y);
  }
  return areas;
}

/** The areas of a band, one per part without gaps. An edge below zero on a log axis is at the bottom of the frame. */
export function bandAreas(frame: PlotFrame, xs: Float64Array, { low, high }: { low: Float64Array; high: Float64Array }): Area[] {
  const [first, end] = visibleIndices(xs, frame.x);
  const areas: Area[] = [];
  let area: Area | null = null;
  for (let i = first; i < end; i++) {
    const [x, top] = [toX(frame, xs[i]!), toY(frame, high[i]!)];
    const bottom = frame.log && low[i]! <= 0 ? frame.top + frame.height : toY(frame, low[i]!);
    if (Number.isNaN(top + bottom)) {
      area = null;
      continue;
    }
    if (area === null) areas.push((area = { upper: [], lower: [] }));
    area.upper.push([x, top]);
    area.lower.push([x, bottom]);
  }
  return areas;
}

/** Extend an area to `x`; spans within one pixel are merged. */
function addSpan({ upper, lower }: Area, x: number, y1: number, y2: number): void {
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  if (upper.length > 1 && x - upper.at(-1)![0] < 1) {
    upper.at(-1)![1] = Math.min(upper.at(-1)![1], top);
    lower.at(-1)![1] = Math.max(lower.at(-1)![1], bottom);
    return;
  }
  upper.push([x, top]);
  lower.push([x, bottom]);
}

/** A value that a line cannot show, at the edge of the frame. */
export interface EdgeMark {
  x: number;
  y: number;
  symbol: '×' | '▲' | '▼';
}

/** Marks for NaN (×), infinity (▲, ▼) and, on a log axis, values up to zero (▼); at most one of a kind per 4 pixels. */
export function edgeMarks(frame: PlotFrame, line: DrawnLine, scale: number): EdgeMark[] {
  const [first, end] = visibleIndices(line.xs, frame.x);
  const ys = line.raw ?? line.ys;
  const marks = new Map<string, EdgeMark>();
  for (let i = first; i < end; i++) {
    const y = ys[i]!;
    if (Number.isFinite(y) && !(frame.log && y <= 0)) continue;
    const x = toX(frame, line.xs[i]!);
    if (x < frame.left || x > frame.left + frame.width) continue;
    const symbol = Number.isNaN(y) ? '×' : y > 0 ? '▲' : '▼';
    const edge = symbol === '▲' ? frame.top + 5 * scale : frame.top + frame.height - 5 * scale;
    marks.set(`${symbol} ${Math.round(x / (4 * scale))}`, { x, y: edge, symbol });
  }
  return [...marks.values()];
}

/** Heights at least `gap` apart, in their order, between top and bottom as far as possible. */
export function separateLabels(heights: number[], gap: number, top: number, bottom: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const separate = [...heights];
  let floor = top;
  for (const i of order) {
    separate[i] = Math.max(separate[i]!, floor);
    floor = separate[i]! + gap;
  }
  let ceiling = bottom;
  for (const i of order.reverse()) {
    separate[i] = Math.min(separate[i]!, ceiling);
    ceiling = separate[i]! - gap;
  }
  return separate;
}
