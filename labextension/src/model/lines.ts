import type { ChartGroup } from './groups';
import { lineLabel } from './groups';
import type { Series } from './series';
import { smooth } from './smooth';
import type { RunData } from './store';

export type XMode = 'metric' | 'step' | 'time';

/** What the x axis of one chart counts; charts of equal `id` share zoom and cursor. */
export interface XUnit {
  id: string;
  label: string;
  column: 'x' | 'step' | 'time';
}

/** One line to draw: `xs` ascends, NaN in `ys` is a gap. `style` picks colour and dash. */
export interface Line {
  key: string;
  label: string;
  style: number;
  /** An earlier attempt, or the raw values behind a smoothed line. */
  faint: boolean;
  attempt: number;
  xs: Float64Array;
  ys: Float64Array;
  /** The values as logged, where `ys` is smoothed. */
  raw: Float64Array | null;
}

/** The unit of a chart: the step metric where all its metrics share one, and were logged with it. */
export function unitOf(data: RunData, chart: ChartGroup, mode: XMode): XUnit {
  if (mode === 'time') return { id: 'time', label: 'time', column: 'time' };
  const held = chart.keys.map((key) => data.series.get(key)).filter((one) => one !== undefined);
  const metric = held[0]?.stepMetric ?? null;
  const same = metric !== null && held.every((one) => one.x !== null && one.stepMetric === metric);
  if (mode === 'metric' && same) return { id: `metric ${metric}`, label: metric, column: 'x' };
  return { id: 'step', label: 'step', column: 'step' };
}

/** The lines of a chart, faint ones first so that the strong ones are drawn over them. */
export function linesOf(data: RunData, chart: ChartGroup, unit: XUnit, smoothing: number): Line[] {
  const lines = chart.keys.flatMap((key, style) => {
    const series = data.series.get(key);
    return series ? seriesLines(series, lineLabel(key, chart), style, unit, smoothing) : [];
  });
  return [...lines.filter((line) => line.faint), ...lines.filter((line) => !line.faint)];
}

/** The newest attempt of each key: what legends and end labels speak of. */
export function strong(lines: Line[]): Line[] {
  return lines.filter((line) => !line.faint);
}

function seriesLines(series: Series, label: string, style: number, unit: XUnit, smoothing: number): Line[] {
  const xs = series[unit.column]?.values() ?? series.step.values();
  const values = series.value.values();
  const ranges = series.attempts();
  return ranges.map(({ attempt, first, end }, i) => {
    const [x, y] = ascending(xs.subarray(first, end), values.subarray(first, end));
    const faint = i < ranges.length - 1;
    const smoothed = smoothing > 0 && !faint;
    return { key: series.key, label, style, faint, attempt, xs: x, ys: smoothed ? smooth(y, smoothing) : y, raw: smoothed ? y : null };
  });
}

/** Sorted by x; a step metric may well stand still or run backwards. */
function ascending(xs: Float64Array, ys: Float64Array): [Float64Array, Float64Array] {
  let sorted = true;
  for (let i = 1; i < xs.length && sorted; i++) sorted = xs[i - 1]! <= xs[i]!;
  if (sorted) return [xs, ys];
  const order = Array.from(xs.keys())
    .filter((i) => !Number.isNaN(xs[i]!))
    .sort((a, b) => xs[a]! - xs[b]! || a - b);
  return [Float64Array.from(order, (i) => xs[i]!), Float64Array.from(order, (i) => ys[i]!)];
}
