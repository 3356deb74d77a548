import { definition } from './chart-groups';
import { formatNumber } from './format';
import type { RunData } from './run-data';

/** The course of a metric in words: "loss 1 → 0.04, lowest 0.04 at step 22"; empty without a finite value. */
export function trend(data: RunData, key: string): string {
  const series = data.series.get(key);
  const range = series?.attempts().at(-1);
  if (series === undefined || range === undefined) return '';
  const values = series.value.values().subarray(range.first, range.end);
  const maximize = definition(key, data.metrics)?.goal === 'maximize';
  let [first, last, best] = [NaN, NaN, -1];
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    if (Number.isNaN(first)) first = value;
    last = value;
    if (best < 0 || (maximize ? value > values[best]! : value < values[best]!)) best = i;
  });
  if (best < 0) return '';
  const step = formatNumber(series.step.values()[range.first + best]!);
  return `${key} ${formatNumber(first)} → ${formatNumber(last)}, ${maximize ? 'highest' : 'lowest'} ${formatNumber(values[best]!)} at step ${step}`;
}
