import type { Range } from '../chart/axis-ranges';
import { colour } from '../chart/palette';
import { toX, toY } from '../chart/path';
import type { PlotFrame } from '../chart/path';
import { formatNumber } from '../model/format';
import type { PlotDrawing, PlotTarget, PlotView } from './plot-frame';
import { axisMarks, plotFrame } from './plot-frame';
import type { BarPlot, HistogramPlot } from './plot-model';

const GAP_SHARE = 0.2;

/** Bars side by side over each label. */
export function drawBars({ labels, series, xLabel, yLabel }: BarPlot, view: PlotView): PlotDrawing {
  const visible = series.filter((_, i) => !view.hidden.has(i));
  const frame = plotFrame(view, [0, labels.length], barRange(visible.map(({ values }) => values), view.log));
  const width = (1 - GAP_SHARE) / Math.max(1, visible.length);
  const bars = visible.flatMap(({ name, style, values }, n) => Array.from(values, (value, i) => {
    const left = i + GAP_SHARE / 2 + n * width;
    const words = [labels[i]!, name, `${yLabel} ${formatNumber(value)}`].filter(Boolean).join(' · ');
    return bar(frame, left, left + width, value, colour(view.palette, style), 1, words);
  }));
  return drawing(axisMarks(frame, xLabel, yLabel, labels), bars);
}

/** Bins as bars without gaps; those of several runs over one another. */
export function drawHistogram({ edges, series, xLabel, yLabel }: HistogramPlot, view: PlotView): PlotDrawing {
  const visible = series.filter((_, i) => !view.hidden.has(i));
  const frame = plotFrame(view, [edges[0]!, edges.at(-1)!], barRange(visible.map(({ counts }) => counts), view.log));
  const bars = visible.flatMap(({ name, style, counts }) => Array.from(counts, (count, i) => {
    const [from, to] = [edges[i]!, edges[i + 1]!];
    const words = [name, `${formatNumber(from)} to ${formatNumber(to)}`, formatNumber(count)].filter(Boolean).join(' · ');
    return bar(frame, from, to, count, colour(view.palette, style), visible.length > 1 ? 0.45 : 0.85, words);
  }));
  return drawing(axisMarks(frame, xLabel, yLabel, null), bars);
}

function drawing(axes: string, bars: ({ markup: string; target: PlotTarget } | null)[]): PlotDrawing {
  const drawn = bars.filter((one) => one !== null);
  return { markup: axes + drawn.map(({ markup }) => markup).join(''), targets: drawn.map(({ target }) => target).sort((a, b) => a.x - b.x) };
}

/** The range of the bars, which start at zero; on a log axis a decade below the smallest. */
function barRange(columns: readonly Float64Array[], log: boolean): Range {
  const values = columns.flatMap((column) => [...column]).filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (values.length === 0) return [0, 1];
  if (log) return [Math.floor(Math.log10(Math.min(...values))) - 0.3, Math.log10(Math.max(...values)) + 0.06];
  const [min, max] = [Math.min(0, ...values), Math.max(0, ...values)];
  return min === max ? [0, 1] : [min === 0 ? 0 : min * 1.06, max * 1.06];
}

/** A bar from zero, or the lower edge of a log axis, to `value`; null for a missing value. */
function bar(frame: PlotFrame, from: number, to: number, value: number, fill: string, opacity: number, text: string): { markup: string; target: PlotTarget } | null {
  const end = toY(frame, value);
  if (!Number.isFinite(end)) return null;
  const base = frame.log ? frame.top + frame.height : toY(frame, 0);
  const [left, top] = [toX(frame, from), Math.min(base, end)];
  const [width, height] = [Math.max(1, toX(frame, to) - left - 1), Math.abs(end - base)];
  const markup = `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${fill}" fill-opacity="${opacity}"/>`;
  return { markup, target: { x: left + width / 2, y: end, box: { left, top: frame.top, width: width + 1, height: frame.height }, text } };
}
