import type { ChartGroup } from '../model/chart-groups';
import { lineLabel } from '../model/chart-groups';
import type { OverlaidRun, Overlay } from '../model/overlay';
import type { AttemptRange, Series } from '../model/series';
import { smooth } from './smooth';

export type XMode = 'metric' | 'step' | 'time';

/** The quantity on the x axis of a chart; charts of equal `id` share zoom and cursor. */
export interface XUnit {
  id: string;
  label: string;
  column: 'x' | 'step' | 'time';
}

/** One line to draw. `xs` ascends; NaN in `ys` is a gap. `style` is the index of its colour, `dash` of its dashes. */
export interface Line {
  run: OverlaidRun;
  key: string;
  label: string;
  style: number;
  dash: number;
  /** Whether the user hid it. */
  hidden: boolean;
  /** An earlier attempt, or a background run. */
  faint: boolean;
  attempt: number;
  /** Text at the end of the line if its label is not there: the attempt, or the background run; empty for none. */
  endLabel: string;
  xs: Float64Array;
  ys: Float64Array;
  /** The logged values, if `ys` is smoothed. */
  raw: Float64Array | null;
  /** The number of logged points, if `ys` has only minimum and maximum of each range of them; else 0. */
  decimatedFrom: number;
  /** Index of each point in the columns of its series; null if they are in order from `first` on. */
  order: Uint32Array | null;
  first: number;
}

/** What all lines of a series share. */
type LineStyle = Pick<Line, 'run' | 'label' | 'style' | 'dash' | 'hidden'>;

/** The x unit of a chart: the step metric if all its metrics share one and were logged with it. */
export function unitOf(overlay: Overlay, chart: ChartGroup, mode: XMode): XUnit {
  if (mode === 'time') return { id: 'time', label: 'time', column: 'time' };
  const series = overlay.primaryRuns.flatMap((run) => chart.keys.map((key) => run.data.series.get(key))).filter((one) => one !== undefined);
  const metric = series[0]?.stepMetric ?? null;
  const same = metric !== null && series.every((one) => one.x !== null && one.stepMetric === metric);
  if (mode === 'metric' && same) return { id: `metric ${metric}`, label: metric, column: 'x' };
  return { id: 'step', label: 'step', column: 'step' };
}

/** The lines of a chart, hidden ones included; faint ones first, so that the main ones are drawn over them. */
export function linesOf(overlay: Overlay, chart: ChartGroup, unit: XUnit, smoothing: number, hiddenKeys: ReadonlySet<string> = new Set()): Line[] {
  const { isComparison } = overlay;
  const lines = overlay.backgroundFirst.flatMap((run, n) =>
    chart.keys.flatMap((key, k) => {
      const series = run.data.series.get(key);
      if (series === undefined) return [];
      const hidden = run.hidden || hiddenKeys.has(key);
      if (run.role === 'background') return backgroundLine(series, { run, label: run.label, style: isComparison ? run.style : k, dash: k + n + 1, hidden }, unit, k === 0);
      const style = isComparison ? run.style : k;
      const shared = { run, label: isComparison ? run.label : lineLabel(key, chart), style, dash: style, hidden };
      return seriesLines(series, isComparison ? series.attempts().slice(-1) : series.attempts(), shared, unit, smoothing);
    }),
  );
  return [...lines.filter((line) => line.faint), ...lines.filter((line) => !line.faint)];
}

/** The latest attempt of each metric and run: the lines in legends and end labels. */
export function mainLines(lines: Line[]): Line[] {
  return lines.filter((line) => !line.faint);
}

/** The index of point `i` of a line in the columns of its series. */
export function seriesIndex(line: Line, i: number): number {
  return line.order === null ? line.first + i : line.order[i]!;
}

function seriesLines(series: Series, attempts: AttemptRange[], shared: LineStyle, unit: XUnit, smoothing: number): Line[] {
  const again = attempts.length > 1 || (attempts[0]?.attempt ?? 0) > 0;
  const named = again && shared.style === 0; // one metric of a chart is enough to name the attempts
  return attempts.map((range, i) => {
    const faint = i < attempts.length - 1;
    const line = { ...shared, faint, endLabel: named ? attemptName(range.attempt) : '', ...points(series, range, unit) };
    return smoothing > 0 && !faint ? { ...line, ys: smooth(line.ys, smoothing), raw: line.ys } : line;
  });
}

/** The latest attempt of a background run; one of its lines in a chart has its name. */
function backgroundLine(series: Series, shared: LineStyle, unit: XUnit, named: boolean): Line[] {
  const range = series.attempts().at(-1);
  return range === undefined ? [] : [{ ...shared, faint: true, endLabel: named ? shared.label : '', ...points(series, range, unit) }];
}

/** The name of an attempt, counted from 1. */
export function attemptName(attempt: number): string {
  return `attempt ${attempt + 1}`;
}

function points(series: Series, { attempt, first, end }: AttemptRange, unit: XUnit): Omit<Line, keyof LineStyle | 'faint' | 'endLabel'> {
  const xs = (series[unit.column]?.values() ?? series.step.values()).subarray(first, end);
  const ys = series.value.values().subarray(first, end);
  const origin = { key: series.key, attempt, first, raw: null, decimatedFrom: series.n > series.length ? series.n : 0 };
  const order = ascending(xs);
  if (order === null) return { ...origin, xs, ys, order: null };
  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i]!);
  return { ...origin, xs: pick(xs), ys: pick(ys), order: order.map((i) => first + i) };
}

/** The order that sorts by x, null if it is sorted; a step metric may stay the same or decrease. */
function ascending(xs: Float64Array): Uint32Array | null {
  let sorted = true;
  for (let i = 1; i < xs.length && sorted; i++) sorted = xs[i - 1]! <= xs[i]!;
  if (sorted) return null;
  const finite = Array.from(xs.keys()).filter((i) => !Number.isNaN(xs[i]!));
  return Uint32Array.from(finite.sort((a, b) => xs[a]! - xs[b]! || a - b));
}
