import type { Range } from '../chart/axis-ranges';
import { colour, dash } from '../chart/palette';
import type { PlotFrame } from '../chart/path';
import { toX, toY } from '../chart/path';
import { formatNumber } from '../model/format';
import type { PlotDrawing, PlotTarget, PlotView } from './plot-frame';
import { axisMarks, plotFrame } from './plot-frame';
import type { PointPlot, PointSeries } from './plot-model';

/** Lines or points over two axes. */
export function drawPoints(plot: PointPlot, view: PlotView): PlotDrawing {
  const series = plot.series.filter((_, i) => !view.hidden.has(i));
  const frame = plotFrame(view, xRange(plot), yRange(plot, series, view.log));
  const draw = plot.kind === 'lines' ? lineMarks : dotMarks;
  const markup = axisMarks(frame, plot.xLabel, plot.yLabel, plot.names) + series.map((one) => draw(frame, one, view)).join('');
  return { markup, targets: series.flatMap((one) => targets(plot, one, frame)).sort((a, b) => a.x - b.x || a.y - b.y) };
}

function xRange({ series, names, unit }: PointPlot): Range {
  if (names !== null) return [-0.5, names.length - 0.5];
  if (unit) return [-0.02, 1.02];
  return withMargin(extremes(series.map(({ xs }) => xs)), 0.02);
}

function yRange({ unit }: PointPlot, series: readonly PointSeries[], log: boolean): Range {
  if (unit && !log) return [-0.02, 1.02];
  const [min, max] = extremes(series.map(({ ys }) => (log ? ys.map((y) => (y > 0 ? Math.log10(y) : NaN)) : ys)));
  return withMargin([min, max], 0.06);
}

/** The smallest and the largest finite value. */
function extremes(columns: readonly Float64Array[]): Range {
  let [min, max] = [Infinity, -Infinity];
  for (const column of columns) {
    for (const value of column) {
      if (!Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return [min, max];
}

function withMargin([min, max]: Range, share: number): Range {
  if (!(min <= max)) return [0, 1];
  const margin = min === max ? Math.abs(min) * 0.1 || 1 : (max - min) * share;
  return [min - margin, max + margin];
}

function lineMarks(frame: PlotFrame, { xs, ys, style, dash: pattern }: PointSeries, { palette }: PlotView): string {
  let path = '';
  let isOpen = false;
  ys.forEach((y, i) => {
    const [px, py] = [toX(frame, xs[i]!), toY(frame, y)];
    if (Number.isFinite(py)) path += `${isOpen ? 'L' : 'M'}${px.toFixed(1)} ${py.toFixed(1)}`;
    isOpen = Number.isFinite(py);
  });
  const marks = xs.length <= 40 ? dotPath(frame, xs, ys, colour(palette, style), xs.length === 1 ? 6 : 4) : '';
  return `<path d="${path}" fill="none" stroke="${colour(palette, style)}" stroke-width="1.7" stroke-linejoin="round" stroke-dasharray="${dash(pattern).join(' ')}"/>${marks}`;
}

function dotMarks(frame: PlotFrame, { xs, ys, style }: PointSeries, { palette }: PlotView): string {
  return dotPath(frame, xs, ys, colour(palette, style), 5, xs.length > 500 ? 0.5 : 0.8);
}

/** All points as one path of round ends, which a browser draws faster than as many circles. */
function dotPath(frame: PlotFrame, xs: Float64Array, ys: Float64Array, stroke: string, width: number, opacity = 1): string {
  let path = '';
  ys.forEach((y, i) => {
    const py = toY(frame, y);
    if (Number.isFinite(py)) path += `M${toX(frame, xs[i]!).toFixed(1)} ${py.toFixed(1)}h0`;
  });
  return `<path d="${path}" fill="none" stroke="${stroke}" stroke-opacity="${opacity}" stroke-width="${width}" stroke-linecap="round"/>`;
}

function targets({ names, xLabel, yLabel }: PointPlot, { name, xs, ys }: PointSeries, frame: PlotFrame): PlotTarget[] {
  return Array.from(xs, (x, i): PlotTarget => {
    const position = names === null ? formatNumber(x) : (names[x] ?? '');
    return { x: toX(frame, x), y: toY(frame, ys[i]!), text: [name, `${xLabel} ${position}`, `${yLabel} ${formatNumber(ys[i]!)}`].filter(Boolean).join(' · ') };
  }).filter(({ y }) => Number.isFinite(y));
}
