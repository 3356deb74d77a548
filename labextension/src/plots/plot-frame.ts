import type { Range } from '../chart/axis-ranges';
import type { Palette } from '../chart/palette';
import type { PlotFrame } from '../chart/path';
import { axes, text } from '../chart/svg-marks';
import { logTicks, ticks } from '../chart/ticks';
import { tickLabels } from '../model/format';

/** How a plot is drawn: its size in pixels, its colours, the series that are hidden, by their index. */
export interface PlotView {
  width: number;
  height: number;
  palette: Palette;
  log: boolean;
  hidden: ReadonlySet<number>;
}

/** A mark that the cursor can be at: its place, the area around it if it has one, and what it says. */
export interface PlotTarget {
  x: number;
  y: number;
  box?: { left: number; top: number; width: number; height: number };
  text: string;
}

/** A plot as SVG elements, and its marks. */
export interface PlotDrawing {
  markup: string;
  targets: PlotTarget[];
}

const [TOP, RIGHT, TICK_ROW, TITLE_ROW] = [8, 14, 18, 16];
const CHARACTER_PX = 6;
const MAX_LABEL = 24;
const SOFT = 'fill-opacity=".72"';

/** The frame for values in these ranges; y is in log10 if `log`. `labelPx` is the room for other labels than ticks. */
export function plotFrame({ width, height, log }: PlotView, x: Range, y: Range, labelPx?: number): PlotFrame {
  const labels = labelPx === undefined ? tickLabels(log ? logTicks(y, 4).map((power) => 10 ** power) : ticks(y, 4)) : [];
  const left = 8 + TITLE_ROW + (labelPx ?? Math.min(MAX_LABEL, Math.max(1, ...labels.map((label) => label.length))) * CHARACTER_PX);
  return { left, top: TOP, width: Math.max(20, width - left - RIGHT), height: Math.max(20, height - TOP - TICK_ROW - TITLE_ROW), x, y, log };
}

/** Grid lines, tick labels and titles of two number axes. With `names` the x axis has these at 0, 1, 2 … */
export function axisMarks(frame: PlotFrame, xLabel: string, yLabel: string, names: readonly string[] | null): string {
  const plain = names === null ? axes(frame, false, Math.max(2, frame.width / 70)) : axes({ ...frame, x: [0, 0] }, false, 0) + nameMarks(frame, names);
  return plain + axisTitles(frame, xLabel, yLabel);
}

/** The titles of both axes. */
export function axisTitles(frame: PlotFrame, xLabel: string, yLabel: string): string {
  const [middle, bottom] = [frame.top + frame.height / 2, frame.top + frame.height + TICK_ROW + TITLE_ROW - 5];
  return text(frame.left + frame.width / 2, bottom, cut(xLabel, frame.width), `text-anchor="middle" ${SOFT}`)
    + text(12, middle, cut(yLabel, frame.height), `text-anchor="middle" ${SOFT} transform="rotate(-90 12 ${middle})"`);
}

/** The names under their places; as many as fit, each cut to its share of the width. */
export function nameMarks(frame: PlotFrame, names: readonly string[]): string {
  const share = frame.width / Math.max(1, names.length);
  const every = Math.ceil(30 / share);
  return names.map((name, i) => (i % every === 0 ? text(frame.left + (i + 0.5) * share, frame.top + frame.height + 13, cut(name, share * every - 4), `text-anchor="middle" ${SOFT}`) : '')).join('');
}

/** A text cut to a width in pixels. */
export function cut(label: string, widthPx: number): string {
  const length = Math.max(2, Math.floor(widthPx / CHARACTER_PX));
  return label.length > length ? `${label.slice(0, length - 1)}…` : label;
}
