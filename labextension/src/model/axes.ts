import type { ChartGroup } from './chart-groups';
import type { Overlay } from './overlay';
import type { RunData } from './run-data';
import type { AttemptRange, Series } from './series';

/** The quantity on the x axis; `auto` is each chart's own: its step metric, else its epoch, else the step. */
export type Axis = 'auto' | 'step' | 'time' | `metric ${string}`;

/** The x axis of one chart. Charts of equal `id` share zoom and cursor. */
export interface XUnit {
  id: Exclude<Axis, 'auto'>;
  label: string;
  kind: 'step' | 'time' | 'metric';
}

export const STEP: XUnit = { id: 'step', label: 'step', kind: 'step' };
export const TIME: XUnit = { id: 'time', label: 'time', kind: 'time' };
const EPOCH = /(^|[/_.])epochs?$/i;

export function metricAxis(name: string): XUnit {
  return { id: `metric ${name}`, label: name, kind: 'metric' };
}

/** The x axis of a chart. A chart of the chosen metric itself, or of runs without it, is drawn over the step. */
export function unitOf(overlay: Overlay, chart: ChartGroup, axis: Axis): XUnit {
  if (axis === 'step') return STEP;
  if (axis === 'time') return TIME;
  if (axis === 'auto') return defaultUnit(overlay, chart);
  const name = axis.slice('metric '.length);
  const logged = overlay.primaryRuns.some(({ data }) => data.series.has(name));
  return logged && !chart.keys.includes(name) ? metricAxis(name) : STEP;
}

/** The metrics that can be an x axis, in the order of their first appearance: step metrics, then all others. */
export function axisMetrics(overlay: Overlay): string[] {
  const series = overlay.primaryRuns.flatMap(({ data }) => [...data.series.values()]);
  const steps = series.map((one) => one.stepMetric).filter((name) => name !== null);
  const logged = new Set(series.map((one) => one.key));
  return [...new Set([...steps, ...logged])].filter((name) => logged.has(name));
}

/** The x values of a series, one per point; NaN where the metric of the axis has none yet. */
export function xValues(data: RunData, series: Series, unit: XUnit): Float64Array {
  if (unit.kind !== 'metric') return series[unit.kind].values();
  if (series.stepMetric === unit.label && series.x !== null) return series.x.values();
  const metric = data.series.get(unit.label);
  return metric === undefined ? new Float64Array(series.length).fill(NaN) : latestValues(metric, series);
}

/** Whether the points of `series` must be requested for exact x values, since it or the metric of the axis is decimated. */
export function needsJoin(data: RunData, series: Series, unit: XUnit): boolean {
  if (unit.kind !== 'metric' || series.stepMetric === unit.label) return false;
  return isDecimated(series) || isDecimated(data.series.get(unit.label));
}

function isDecimated(series: Series | undefined): boolean {
  return series !== undefined && series.decimated;
}

/** The step metric that all metrics of a chart share, else an epoch that was logged in each of their rows, else the step. */
function defaultUnit(overlay: Overlay, chart: ChartGroup): XUnit {
  const members = overlay.primaryRuns.flatMap(({ data }) =>
    chart.keys.map((key) => data.series.get(key)).filter((one) => one !== undefined).map((series) => ({ data, series })));
  const name = members[0]?.series.stepMetric ?? null;
  if (name !== null && members.every(({ series }) => series.x !== null && series.stepMetric === name)) return metricAxis(name);
  if (members.some(({ series }) => series.stepMetric !== null)) return STEP;
  const epoch = [...(members[0]?.data.series.keys() ?? [])].find((key) =>
    EPOCH.test(key) && !chart.keys.includes(key) && members.every(({ data, series }) => countsRows(data.series.get(key), series)));
  return epoch === undefined ? STEP : metricAxis(epoch);
}

/** Whether each point of `series` has a larger value of `epoch` in its own row than the point before it in its attempt. */
function countsRows(epoch: Series | undefined, series: Series): boolean {
  if (epoch === undefined || series.length === 0) return false;
  const ranges = epoch.attempts();
  const isApproximate = isDecimated(series) || isDecimated(epoch);
  if (isApproximate && epoch.n !== series.n) return false;
  const members = isApproximate ? epoch : series;
  return members.attempts().every((range) => {
    const own = ranges.find((one) => one.attempt === range.attempt);
    return own !== undefined && ascendsAt(epoch, own, members.step.values().subarray(range.first, range.end));
  });
}

/** Whether `epoch` has a value at each of `steps`, and they ascend. */
function ascendsAt(epoch: Series, { first, end }: AttemptRange, steps: Float64Array): boolean {
  const [own, values] = [epoch.step.values(), epoch.value.values()];
  let [next, last] = [first, -Infinity];
  return steps.every((step) => {
    while (next < end && own[next]! < step) next += 1;
    const counts = next < end && own[next] === step && values[next]! > last;
    last = values[next] ?? NaN;
    return counts;
  });
}

/** The latest value of `metric` at each point of `series`: that of its own row or of an earlier one. */
function latestValues(metric: Series, series: Series): Float64Array {
  const result = new Float64Array(series.length).fill(NaN);
  const [steps, values] = [metric.step.values(), metric.value.values()];
  let [next, latest] = [0, NaN];
  for (const { attempt, first, end } of series.attempts()) {
    const range = metric.attempts().find((one) => one.attempt === attempt);
    const before = metric.attempts().findLast((one) => one.attempt < attempt);
    if (before !== undefined && before.end > next) [next, latest] = [before.end, values[before.end - 1]!];
    for (let i = first; i < end; i++) {
      while (range !== undefined && next < range.end && steps[next]! <= series.step.at(i)) latest = values[next++]!;
      result[i] = latest;
    }
  }
  return result;
}
