import type { DiffRow, Json, JsonObject } from '../wire/messages';
import { flatten, formatNumber } from './format';

const MIN_PERCENT = 0.05;

/** Mappings of several runs side by side: one row per key, in the order of first appearance, as in `wandb_nb/compare/value_diff.py`. */
export function valueDifferences(values: JsonObject[]): DiffRow[] {
  const columns = values.map((one) => new Map(flatten(one).filter(([key]) => !key.startsWith('_'))));
  const numbers = values.map((one) => new Map(leaves(one)));
  const keys = [...new Set(columns.flatMap((one) => [...one.keys()]))];
  return keys.map((key) => {
    const texts = columns.map((one) => one.get(key) ?? null);
    return { key, texts, same: new Set(texts).size === 1, change: change(numbers.map((one) => one.get(key))) };
  });
}

function leaves(value: JsonObject, prefix = ''): [key: string, value: Json][] {
  return Object.entries(value).flatMap(([key, one]): [string, Json][] =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? leaves(one, `${prefix}${key}.`) : [[`${prefix}${key}`, one]]);
}

/** The difference of two numbers, absolute and in percent. */
function change(values: (Json | undefined)[]): string | null {
  const [before, after] = values;
  if (values.length !== 2 || typeof before !== 'number' || typeof after !== 'number' || before === after) return null;
  const share = ((after - before) / Math.abs(before)) * 100;
  const percent = Number.isFinite(share) && Math.abs(share) >= MIN_PERCENT ? ` (${signed(Number(share.toPrecision(3)))} %)` : '';
  return `${signed(after - before)}${percent}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : '−'}${formatNumber(Math.abs(value))}`;
}
