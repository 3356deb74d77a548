import type { DrawnLine } from '../chart/lines';
import type { XUnit } from '../model/axes';
import { STEP, TIME, metricAxis } from '../model/axes';

/** What the page of groups has for its chart; null where a group has no value. */
export interface GroupsContent {
  metric: string;
  /** "step", "time" or a metric. */
  axis: string;
  log: boolean;
  x: number[];
  groups: GroupContent[];
}

interface GroupContent {
  name: string;
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  /** The runs with a value at each x. */
  counts: number[];
}

/** The mean of a group's runs with its band; `style` is its place among the groups. */
export interface GroupLine extends DrawnLine {
  band: { low: Float64Array; high: Float64Array };
  counts: number[];
}

export function groupLines({ x, groups }: GroupsContent): GroupLine[] {
  const xs = Float64Array.from(x);
  return groups.map(({ name, mean, low, high, counts }, index) => ({
    label: name, style: index, dash: index, faint: false, endLabel: '', xs, ys: column(mean), raw: null, decimatedFrom: 0, trace: null,
    band: { low: column(low), high: column(high) }, counts,
  }));
}

/** The last place at which a group has a value. */
export function lastPlace({ counts }: GroupLine): number {
  return counts.findLastIndex((count) => count > 0);
}

export function unitOfAxis(axis: string): XUnit {
  if (axis === 'step') return STEP;
  return axis === 'time' ? TIME : metricAxis(axis);
}

function column(values: (number | null)[]): Float64Array {
  return Float64Array.from(values, (value) => value ?? NaN);
}
