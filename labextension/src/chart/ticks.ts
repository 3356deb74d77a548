import { tickLabels } from '../model/format';
import type { Range } from './axis-ranges';

const NICE = [1, 2, 2.5, 5, 10];
const MAX_TICKS = 50;
const NICE_SECONDS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400];

/** About `count` round numbers within the range; integers if `integer`. */
export function ticks([min, max]: Range, count: number, integer = false): number[] {
  const rough = (max - min) / Math.max(1, count);
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = NICE.map((one) => one * power).find((one) => one >= rough * 0.999) ?? 10 * power;
  return multiples(integer ? Math.max(1, Math.round(nice)) : nice, min, max);
}

/** The same for seconds: whole minutes and hours count as round. */
export function timeTicks([min, max]: Range, count: number): number[] {
  const rough = (max - min) / Math.max(1, count);
  if (rough < 1) return ticks([min, max], count);
  const nice = NICE_SECONDS.find((one) => one >= rough) ?? Math.ceil(rough / 86400) * 86400;
  return multiples(nice, min, max);
}

/** Ticks of a log axis; range and result are in log10. */
export function logTicks([min, max]: Range, count: number): number[] {
  const decades = max - min;
  if (decades < 0.8) return ticks([10 ** min, 10 ** max], count).filter((one) => one > 0).map(Math.log10);
  const stride = Math.max(1, Math.ceil(decades / count));
  const factors = decades < count / 2 ? [1, 2, 5] : [1];
  const powers: number[] = [];
  for (let power = Math.floor(min); power <= max; power++) {
    if (power % stride === 0) powers.push(...factors.map((one) => power + Math.log10(one)));
  }
  return powers.filter((one) => one >= min && one <= max);
}

/** Labels of log ticks: of one precision within a decade, else each as short as possible. */
export function logLabels(splits: number[]): string[] {
  const values = splits.map((one) => Number((10 ** one).toPrecision(12)));
  const sameDecade = Math.max(...splits) - Math.min(...splits) < 0.8;
  return sameDecade ? tickLabels(values) : values.flatMap((one) => tickLabels([one]));
}

function multiples(increment: number, min: number, max: number): number[] {
  const first = Math.ceil(min / increment - 1e-9);
  const last = Math.floor(max / increment + 1e-9);
  const values: number[] = [];
  for (let i = first; i <= last && values.length < MAX_TICKS; i++) values.push(Number((i * increment).toPrecision(14)));
  return [...new Set(values)]; // below the precision of floats several are equal
}
