import type { ChartGroup } from './groups';
import { lineLabel } from './groups';
import type { OverlaidRun, Overlay } from './overlay';
import type { AttemptRange, Series } from './series';
import { smooth } from './smooth';

export type XMode = 'metric' | 'step' | 'time';

/** What the x axis of one chart counts; charts of equal `id` share zoom and cursor. */
export interface XUnit {
  id: string;
  label: string;
  column: 'x' | 'step' | 'time';
}

/** One line to draw: `xs` ascends, NaN in `ys` is a gap. `style` picks the colour, `dash` the dashes. */
export interface Line {
  run: OverlaidRun;
  key: string;
  label: string;
  style: number;
  dash: number;
  /** An earlier attempt, or a run that lies behind the others. */
  faint: boolean;
  attempt: number;
  /** What stands at the end of a line that has no name there: its attempt, or the run behind; empty for nothing. */
  mark: string;
  xs: Float64Array;
  ys: Float64Array;
  /** The values as logged, where `ys` is smoothed. */
  raw: Float64Array | null;
  /** Where each point stands in the columns of its series; null where they are in their order, from `first` on. */
  order: Uint32Array | null;
  first: number;
}

/** How the lines of a series look. */
type Look = Pick<Line, 'run' | 'label' | 'style' | 'dash'>;

/** The unit of a chart: the step metric where all its metrics share one, and were logged with it. */
export function unitOf(overlay: Overlay, chart: ChartGroup, mode: XMode): XUnit {
  if (mode === 'time') return { id: 'time', label: 'time', column: 'time' };
  const held = overlay.equals.flatMap((run) => chart.keys.map((key) => run.data.series.get(key))).filter((one) => one !== undefined);
  const metric = held[0]?.stepMetric ?? null;
  const same = metric !== null && held.every((one) => one.x !== null && one.stepMetric === metric);
  if (mode === 'metric' && same) return { id: `metric ${metric}`, label: metric, column: 'x' };
  return { id: 'step', label: 'step', column: 'step' };
}

/** The lines of a chart, faint ones first so that the strong ones are drawn over them. */
export function linesOf(overlay: Overlay, chart: ChartGroup, unit: XUnit, smoothing: number): Line[] {
  const { compares } = overlay;
  const lines = overlay.shown.flatMap((run, n) =>
    chart.keys.flatMap((key, k) => {
      const series = run.data.series.get(key);
      if (series === undefined) return [];
      if (run.role === 'ghost') return ghostLine(series, { run, label: run.label, style: compares ? run.style : k, dash: k + n + 1 }, unit, k === 0);
      const style = compares ? run.style : k;
      const look = { run, label: compares ? run.label : lineLabel(key, chart), style, dash: style };
      return seriesLines(series, compares ? series.attempts().slice(-1) : series.attempts(), look, unit, smoothing);
    }),
  );
  return [...lines.filter((line) => line.faint), ...lines.filter((line) => !line.faint)];
}

/** The newest attempt of each metric and run: what legends and end labels speak of. */
export function strong(lines: Line[]): Line[] {
  return lines.filter((line) => !line.faint);
}

/** Where the point `i` of a line stands in the columns of its series. */
export function placeOf(line: Line, i: number): number {
  return line.order === null ? line.first + i : line.order[i]!;
}

function seriesLines(series: Series, attempts: AttemptRange[], look: Look, unit: XUnit, smoothing: number): Line[] {
  const again = attempts.length > 1 || (attempts[0]?.attempt ?? 0) > 0;
  const marked = again && look.style === 0; // one metric of a chart is enough to tell which attempt is which
  return attempts.map((range, i) => {
    const faint = i < attempts.length - 1;
    const line = { ...look, faint, mark: marked ? attemptMark(range.attempt) : '', ...points(series, range, unit) };
    return smoothing > 0 && !faint ? { ...line, ys: smooth(line.ys, smoothing), raw: line.ys } : line;
  });
}

/** The newest attempt of a run behind the others; one of its lines in a chart carries its name. */
function ghostLine(series: Series, look: Look, unit: XUnit, marked: boolean): Line[] {
  const range = series.attempts().at(-1);
  return range === undefined ? [] : [{ ...look, faint: true, mark: marked ? look.label : '', ...points(series, range, unit) }];
}

/** How an attempt is called: people count from 1. */
export function attemptMark(attempt: number): string {
  return `attempt ${attempt + 1}`;
}

function points(series: Series, { attempt, first, end }: AttemptRange, unit: XUnit): Omit<Line, keyof Look | 'faint' | 'mark'> {
  const xs = (series[unit.column]?.values() ?? series.step.values()).subarray(first, end);
  const ys = series.value.values().subarray(first, end);
  const held = { key: series.key, attempt, first, raw: null };
  const order = ascending(xs);
  if (order === null) return { ...held, xs, ys, order: null };
  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (i) => column[i]!);
  return { ...held, xs: pick(xs), ys: pick(ys), order: order.map((i) => first + i) };
}

/** The order that sorts by x, null where it is sorted; a step metric may well stand still or run backwards. */
function ascending(xs: Float64Array): Uint32Array | null {
  let sorted = true;
  for (let i = 1; i < xs.length && sorted; i++) sorted = xs[i - 1]! <= xs[i]!;
  if (sorted) return null;
  const told = Array.from(xs.keys()).filter((i) => !Number.isNaN(xs[i]!));
  return Uint32Array.from(told.sort((a, b) => xs[a]! - xs[b]! || a - b));
}
