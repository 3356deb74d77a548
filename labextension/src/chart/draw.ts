import type { Line } from '../model/lines';
import { strong } from '../model/lines';
import { nearest } from '../model/range';
import type { NamedBand } from './chart';
import type { Palette } from './palette';
import { colour, dash } from './palette';
import type { Frame } from './path';
import { spread, toX, toY, trace } from './path';

const LABEL_FONT = 11;
const EARLIER = 0.4;
const RAW = 0.28;

/** Shade every other cell, and name those that have room for it. */
export function drawBands(ctx: CanvasRenderingContext2D, frame: Frame, bands: NamedBand[], palette: Palette, scale: number): void {
  ctx.save();
  ctx.font = font(scale);
  ctx.textBaseline = 'top';
  ctx.textAlign = 'left';
  bands.forEach((band, i) => {
    const left = Math.max(frame.left, toX(frame, band.from));
    const right = Math.min(frame.left + frame.width, toX(frame, band.to));
    if (right <= left) return;
    ctx.fillStyle = palette.band;
    if (i % 2 === 1) ctx.fillRect(left, frame.top, right - left, frame.height);
    ctx.fillStyle = palette.soft;
    if (ctx.measureText(band.name).width + 6 * scale < right - left) ctx.fillText(band.name, left + 3 * scale, frame.top + 2 * scale);
  });
  ctx.restore();
}

/** Draw the lines of a chart into a frame of a canvas; `scale` is its pixels per CSS pixel. */
export function drawLines(ctx: CanvasRenderingContext2D, frame: Frame, lines: Line[], palette: Palette, scale: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left, frame.top - scale, frame.width + 2 * scale, frame.height + 2 * scale);
  ctx.clip();
  ctx.lineJoin = 'round';
  for (const line of lines) {
    ctx.strokeStyle = ctx.fillStyle = colour(palette, line.style);
    if (line.raw) stroke(ctx, frame, line, line.raw, RAW, 1 * scale, []);
    const dashes = dash(line.dash).map((one) => one * scale);
    stroke(ctx, frame, line, line.ys, line.faint ? EARLIER : 1, (line.faint ? 1.1 : 1.7) * scale, dashes);
  }
  ctx.restore();
}

function stroke(
  ctx: CanvasRenderingContext2D, frame: Frame, line: Line, ys: Float64Array, alpha: number, width: number, dashes: number[],
): void {
  ctx.globalAlpha = alpha;
  ctx.lineWidth = width;
  ctx.setLineDash(dashes);
  ctx.beginPath();
  const single = trace(ctx, frame, line, ys);
  ctx.stroke();
  for (const [x, y] of single) {
    ctx.beginPath();
    ctx.arc(x, y, 1.6 * width, 0, 2 * Math.PI);
    ctx.fill();
  }
}

/** Names at the line ends, where there are several lines, and what marks the faint ones. */
export function drawLabels(ctx: CanvasRenderingContext2D, frame: Frame, lines: Line[], palette: Palette, scale: number): void {
  const newest = strong(lines);
  ctx.save();
  ctx.font = font(scale);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.fillStyle = palette.soft;
  drawMarks(ctx, frame, lines.filter((one) => one.faint && one.mark !== ''), scale);
  const names = endNames(newest);
  if (names.length > 0) {
    const ends = newest.map((line) => lastPlace(frame, line)[1]);
    const wanted = ends.map((y) => (Number.isNaN(y) ? frame.top + frame.height : y));
    const heights = spread(wanted, (LABEL_FONT + 1) * scale, frame.top + 5 * scale, frame.top + frame.height - 5 * scale);
    newest.forEach((line, i) => {
      if (Number.isNaN(ends[i])) return;
      ctx.fillStyle = colour(palette, line.style);
      ctx.fillText(names[i]!, frame.left + frame.width + 6 * scale, heights[i]!);
    });
  }
  ctx.restore();
}

/** Beside the ends of faint lines, inside the frame, none over another. */
function drawMarks(ctx: CanvasRenderingContext2D, frame: Frame, lines: Line[], scale: number): void {
  const ends = lines.map((line) => lastPlace(frame, line)).map(([x, y], i) => ({ x, y, mark: shorten(lines[i]!.mark) })).filter(({ y }) => !Number.isNaN(y));
  const [top, bottom] = [frame.top + 5 * scale, frame.top + frame.height - 5 * scale];
  const heights = spread(ends.map(({ y }) => y - 7 * scale), (LABEL_FONT + 1) * scale, top, bottom);
  ends.forEach(({ x, mark }, i) => {
    const right = frame.left + frame.width - ctx.measureText(mark).width;
    ctx.fillText(mark, Math.min(x + 3 * scale, right), heights[i]!);
  });
}

/** The room, in CSS pixels, that the names at the line ends need. */
export function labelRoom(lines: Line[]): number {
  const names = endNames(strong(lines));
  return names.length === 0 ? 12 : 14 + Math.max(...names.map((one) => one.length)) * LABEL_FONT * 0.56;
}

/** What stands at the ends of the strong lines: their names, or which attempt the only one is. */
function endNames(lines: Line[]): string[] {
  if (lines.length === 1) return lines[0]!.mark === '' ? [] : [lines[0]!.mark];
  return shortNames(lines.map((line) => line.label));
}

function lastPlace(frame: Frame, line: Line): [number, number] {
  const i = nearest(line, frame.x[1]);
  if (i < 0 || line.xs[i]! < frame.x[0]) return [NaN, NaN];
  return [toX(frame, line.xs[i]!), toY(frame, line.ys[i]!)];
}

/** Short forms of names: their beginnings, or their ends where beginnings are the same. */
export function shortNames(names: string[]): string[] {
  const heads = names.map(shorten);
  return names.map((name, i) => (heads.filter((head) => head === heads[i]).length > 1 && heads[i] !== name ? `…${name.slice(-8)}` : heads[i]!));
}

function shorten(label: string): string {
  return label.length > 9 ? `${label.slice(0, 8)}…` : label;
}

export function font(scale: number): string {
  return `${LABEL_FONT * scale}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
}
