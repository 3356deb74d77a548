import type { DrawnLine } from './lines';
import { LABEL_FONT_PX, lineEnd, cutMiddle, MAX_LABEL_LENGTH } from './end-labels';
import type { NamedBand } from './cell-ranges';
import type { Palette } from './palette';
import { colour, dash } from './palette';
import type { PlotFrame } from './path';
import { bandAreas, edgeMarks, lineForm, minMaxAreas, separateLabels, toX, traceLogged, tracePath, visiblePoints } from './path';


const FAINT_OPACITY = 0.4;
const RAW_OPACITY = 0.28;
const AREA_OPACITY = 0.35;
const BAND_OPACITY = 0.2;

/** Shade every other cell, and name the cells that are wide enough. */
export function drawBands(ctx: CanvasRenderingContext2D, frame: PlotFrame, bands: NamedBand[], palette: Palette, scale: number): void {
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
    ctx.fillStyle = palette.muted;
    if (ctx.measureText(band.name).width + 6 * scale < right - left) ctx.fillText(band.name, left + 3 * scale, frame.top + 2 * scale);
  });
  ctx.restore();
}

/** Draw the lines of a chart on a canvas; `scale` is its pixels per CSS pixel. */
export function drawLines(ctx: CanvasRenderingContext2D, frame: PlotFrame, lines: DrawnLine[], palette: Palette, dashed: boolean, scale: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left, frame.top - scale, frame.width + 2 * scale, frame.height + 2 * scale);
  ctx.clip();
  ctx.lineJoin = 'round';
  for (const line of lines) fillBand(ctx, frame, line, palette);
  for (const line of lines) {
    ctx.strokeStyle = ctx.fillStyle = colour(palette, line.style);
    const opacity = line.faint ? FAINT_OPACITY : 1;
    const logged = line.raw ?? line.ys;
    const form = lineForm(line);
    const loggedOpacity = line.raw ? RAW_OPACITY : opacity;
    if (form === 'area') fillAreas(ctx, frame, line, logged, loggedOpacity, scale);
    else if (form === 'points') fillPoints(ctx, visiblePoints(frame, line, logged), loggedOpacity, scale);
    else if (line.raw) stroke(ctx, frame, line, 'raw', RAW_OPACITY, scale, []);
    const dashes = dash(line.dash, dashed).map((length) => length * scale);
    if (form === 'path' || (form === 'area' && line.raw)) stroke(ctx, frame, line, 'ys', opacity, (line.faint ? 1.1 : 1.7) * scale, dashes);
    if (!line.faint && !line.band) drawEdgeMarks(ctx, frame, line, scale);
  }
  ctx.restore();
}

function stroke(
  ctx: CanvasRenderingContext2D, frame: PlotFrame, line: DrawnLine, column: 'ys' | 'raw', alpha: number, width: number, dashes: number[],
): void {
  ctx.globalAlpha = alpha;
  ctx.lineWidth = width;
  ctx.setLineDash(dashes);
  ctx.beginPath();
  const isolated = line.trace ? traceLogged(ctx, frame, line.trace.xs, line.trace[column]!) : tracePath(ctx, frame, line, line[column]!);
  ctx.stroke();
  fillPoints(ctx, isolated, alpha, width);
}

function fillPoints(ctx: CanvasRenderingContext2D, pixels: [x: number, y: number][], alpha: number, width: number): void {
  ctx.globalAlpha = alpha;
  for (const [x, y] of pixels) {
    ctx.beginPath();
    ctx.arc(x, y, 1.6 * width, 0, 2 * Math.PI);
    ctx.fill();
  }
}

/** Fill the band around a line, below all lines. */
function fillBand(ctx: CanvasRenderingContext2D, frame: PlotFrame, line: DrawnLine, palette: Palette): void {
  if (!line.band) return;
  ctx.fillStyle = colour(palette, line.style);
  ctx.globalAlpha = BAND_OPACITY;
  for (const { upper, lower } of bandAreas(frame, line.xs, line.band)) {
    ctx.beginPath();
    for (const [x, y] of [...upper, ...lower.reverse()]) ctx.lineTo(x, y);
    ctx.fill();
  }
}

/** Draw a decimated line as the area between minimum and maximum. */
function fillAreas(ctx: CanvasRenderingContext2D, frame: PlotFrame, line: DrawnLine, ys: Float64Array, opacity: number, scale: number): void {
  ctx.lineWidth = scale;
  ctx.setLineDash([]);
  for (const { upper, lower } of minMaxAreas(frame, line, ys)) {
    ctx.beginPath();
    for (const [x, y] of [...upper, ...lower.reverse()]) ctx.lineTo(x, y);
    ctx.closePath();
    ctx.globalAlpha = opacity * AREA_OPACITY;
    ctx.fill();
    ctx.globalAlpha = opacity;
    ctx.stroke();
  }
}

function drawEdgeMarks(ctx: CanvasRenderingContext2D, frame: PlotFrame, line: DrawnLine, scale: number): void {
  ctx.globalAlpha = 1;
  ctx.font = font(scale);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const { x, y, symbol } of edgeMarks(frame, line, scale)) ctx.fillText(symbol, x, y);
}

/** Draw the labels of faint lines beside their ends, inside the frame, without overlap. */
export function drawFaintLabels(ctx: CanvasRenderingContext2D, frame: PlotFrame, lines: DrawnLine[], palette: Palette, scale: number): void {
  const labelled = lines.filter((line) => line.faint && line.endLabel !== '');
  ctx.save();
  ctx.font = font(scale);
  ctx.textBaseline = 'middle';
  ctx.textAlign = 'left';
  ctx.fillStyle = palette.muted;
  const ends = labelled.map((line) => lineEnd(frame, line)).map(([x, y], i) => ({ x, y, label: cutMiddle(labelled[i]!.endLabel, MAX_LABEL_LENGTH) })).filter(({ y }) => !Number.isNaN(y));
  const [top, bottom] = [frame.top + 5 * scale, frame.top + frame.height - 5 * scale];
  const heights = separateLabels(ends.map(({ y }) => y - 7 * scale), (LABEL_FONT_PX + 1) * scale, top, bottom);
  ends.forEach(({ x, label }, i) => {
    const right = frame.left + frame.width - ctx.measureText(label).width;
    ctx.fillText(label, Math.min(x + 3 * scale, right), heights[i]!);
  });
  ctx.restore();
}

export function font(scale: number): string {
  return `${LABEL_FONT_PX * scale}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
}
