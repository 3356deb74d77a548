import type { DiffRow, Json, JsonObject } from '../wire/messages';
import { dotted, number } from './format';

const NOTABLE_PERCENT = 0.05;

/** Mappings of several runs side by side, a row a key, in the order of first appearance; the rules of `wandb_nb/compare/value_diff.py`. */
export function differences(values: JsonObject[]): DiffRow[] {
  const columns = values.map((one) => new Map(dotted(one).filter(([key]) => !key.startsWith('_'))));
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

/** How much the second of two numbers is above the first. */
function change(values: (Json | undefined)[]): string | null {
  const [before, after] = values;
  if (values.length !== 2 || typeof before !== 'number' || typeof after !== 'number' || before === after) return null;
  const share = ((after - before) / Math.abs(before)) * 100;
  const percent = Number.isFinite(share) && Math.abs(share) >= NOTABLE_PERCENT ? ` (${signed(Number(share.toPrecision(3)))} %)` : '';
  return `${signed(after - before)}${percent}`;
}

function signed(value: number): string {
  return `${value > 0 ? '+' : '−'}${number(Math.abs(value))}`;
}
