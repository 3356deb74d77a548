import type { XUnit } from '../model/axes';
import { xValues } from '../model/axes';
import type { ChartGroup } from '../model/chart-groups';
import { lineLabel } from '../model/chart-groups';
import type { OverlaidRun, Overlay } from '../model/overlay';
import { metricStyle } from '../model/run-styles';
import type { AttemptRange, Series } from '../model/series';
import type { Range } from './axis-ranges';
import { smooth } from './smooth';

/** The points of a line in the order of logging. */
export interface Trace {
  xs: Float64Array;
  ys: Float64Array;
  raw: Float64Array | null;
}

/** What a chart draws of a line. `xs` ascends; NaN in `ys` is a gap. `style` is the index of its colour, `dash` of its dashes. */
export interface DrawnLine {
  label: string;
  style: number;
  dash: number;
  /** An earlier attempt, or a background run. */
  faint: boolean;
  /** Text at the end of the line if its label is not there: the attempt, or the background run; empty for none. */
  endLabel: string;
  xs: Float64Array;
  ys: Float64Array;
  /** The logged values, if `ys` is smoothed. */
  raw: Float64Array | null;
  /** The number of logged points, if `ys` has only minimum and maximum of each range of them; else 0. */
  decimatedFrom: number;
  /** The points as they were logged, if x goes back and forth: sorted by x they would be joined in a zigzag. */
  trace: Trace | null;
  /** The edges of the band around the line at each x, if it has one; NaN where it has a gap. */
  band?: { low: Float64Array; high: Float64Array };
}

/** A line of a run's metric. */
export interface Line extends DrawnLine {
  run: OverlaidRun;
  /** The points from which it is made. */
  series: Series;
  key: string;
  /** Whether the user hid it. */
  hidden: boolean;
  attempt: number;
  /** Index of each point in the columns of its series; null if they are in order from `first` on. */
  order: Uint32Array | null;
  first: number;
}

/** What all lines of a series share. */
type LineStyle = Pick<Line, 'run' | 'label' | 'style' | 'dash' | 'hidden'>;

/** What determines the lines of a chart besides its data. */
export interface LineOptions {
  unit: XUnit;
  smoothing?: number;
  hiddenKeys?: ReadonlySet<string>;
  /** The visible part of x, of which a long run is drawn in more detail if its rows are here. */
  zoom?: Range | null;
}

/** The lines of a chart, hidden ones included; faint ones first, so that the main ones are drawn over them. */
export function linesOf(overlay: Overlay, chart: ChartGroup, options: LineOptions): Line[] {
  const { isComparison } = overlay;
  const lines = overlay.backgroundFirst.flatMap((run, n) =>
    chart.keys.flatMap((key, k) => {
      const series = seriesOf(run, key, options);
      if (series === undefined) return [];
      const hidden = run.hidden || (options.hiddenKeys?.has(key) ?? false);
      const style = isComparison ? (run.style ?? 0) : metricStyle(overlay.firstStyle, k);
      if (run.role === 'background') return backgroundLine(series, { run, label: run.label, style, dash: k + n + 1, hidden }, options, k === 0);
      const shared = { run, label: isComparison ? run.label : lineLabel(key, chart), style, dash: style, hidden, isFirst: k === 0 };
      return seriesLines(series, isComparison ? series.attempts().slice(-1) : series.attempts(), shared, options);
    }),
  );
  return [...lines.filter((line) => line.faint), ...lines.filter((line) => !line.faint)];
}

function seriesOf({ data }: OverlaidRun, key: string, { unit, zoom = null }: LineOptions): Series | undefined {
  return data.ranges.get(key, unit, zoom) ?? data.ranges.get(key, unit, null) ?? data.series.get(key);
}

/** The latest attempt of each metric and run: the lines in legends and end labels. */
export function mainLines<L extends DrawnLine>(lines: L[]): L[] {
  return lines.filter((line) => !line.faint);
}

/** The index of the point that was logged last; -1 without points. */
export function latestIndex({ order, xs }: Pick<Line, 'order' | 'xs'>): number {
  return order === null ? xs.length - 1 : order.reduce((latest, index, i) => (latest < 0 || index > order[latest]! ? i : latest), -1);
}

/** The index of point `i` of a line in the columns of its series. */
export function seriesIndex(line: Line, i: number): number {
  return line.order === null ? line.first + i : line.order[i]!;
}

function seriesLines(series: Series, attempts: AttemptRange[], { isFirst, ...shared }: LineStyle & { isFirst: boolean }, options: LineOptions): Line[] {
  const again = attempts.length > 1 || (attempts[0]?.attempt ?? 0) > 0;
  const named = again && isFirst; // one metric of a chart is enough to name the attempts
  return attempts.map((range, i) => {
    const faint = i < attempts.length - 1;
    return { ...shared, faint, endLabel: named ? attemptName(range.attempt) : '', ...points(series, range, shared.run, options, faint) };
  });
}

/** The latest attempt of a background run; one of its lines in a chart has its name. */
function backgroundLine(series: Series, shared: LineStyle, options: LineOptions, named: boolean): Line[] {
  const range = series.attempts().at(-1);
  return range === undefined ? [] : [{ ...shared, faint: true, endLabel: named ? shared.label : '', ...points(series, range, shared.run, options, true) }];
}

/** The name of an attempt, counted from 1. */
export function attemptName(attempt: number): string {
  return `attempt ${attempt + 1}`;
}

function points(series: Series, { attempt, first, end }: AttemptRange, run: OverlaidRun, options: LineOptions, faint: boolean): Omit<Line, keyof LineStyle | 'faint' | 'endLabel'> {
  const { unit, smoothing = 0 } = options;
  const xs = xValues(run.data, series, unit).subarray(first, end);
  const logged = series.value.values().subarray(first, end);
  const smoothed = smoothing > 0 && !faint;
  const ys = smoothed ? smooth(logged, smoothing) : logged;
  const raw = smoothed ? logged : null;
  const origin = { series, key: series.key, attempt, first, decimatedFrom: series.n > series.length ? series.n : 0 };
  const order = ascending(xs);
  if (order === null) return { ...origin, xs, ys, raw, order: null, trace: null };
  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i]!);
  const trace = goesBack(xs) ? { xs, ys, raw } : null;
  return { ...origin, xs: pick(xs), ys: pick(ys), raw: raw && pick(raw), order: order.map((i) => first + i), trace };
}

/** The order that sorts by x, null if it is sorted; a step metric may stay the same or decrease. Points without x are left out. */
function ascending(xs: Float64Array): Uint32Array | null {
  let sorted = true;
  for (let i = 0; i < xs.length && sorted; i++) sorted = i === 0 ? !Number.isNaN(xs[0]!) : xs[i - 1]! <= xs[i]!;
  if (sorted) return null;
  const finite = Array.from(xs.keys()).filter((i) => !Number.isNaN(xs[i]!));
  return Uint32Array.from(finite.sort((a, b) => xs[a]! - xs[b]! || a - b));
}

/** Whether x is lower than before at any point. */
function goesBack(xs: Float64Array): boolean {
  let highest = -Infinity;
  return xs.some((x) => {
    const back = x < highest;
    highest = Math.max(highest, Number.isNaN(x) ? highest : x);
    return back;
  });
}
