import type { DiffRow, Json, JsonObject } from '../wire/messages';
import { exactText, flatten, formatNumber, formatValue } from './format';

const MIN_PERCENT = 0.05;

/** Mappings of several runs side by side: one row per key, in the order of first appearance, as in `wandb_nb/compare/value_diff.py`. */
export function valueDifferences(values: JsonObject[]): DiffRow[] {
  const columns = values.map((value) => new Map(flatten(value).filter(([key]) => !key.startsWith('_'))));
  const keys = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  return keys.map((key) => {
    const row = columns.map((column) => column.get(key));
    const exact = row.map((value) => (value === undefined ? null : exactText(value)));
    const short = row.map((value) => (value === undefined ? null : formatValue(value)));
    return { key, texts: new Set(short).size < new Set(exact).size ? exact : short, same: new Set(exact).size === 1, change: change(row) };
  });
}

/** Texts of one row with long numbers shortened, unless values that differ would look the same. */
export function shortTexts(texts: (string | null)[]): (string | null)[] {
  const short = texts.map((text) => (text !== null && /^-?\d+\.\d{4,}(e[-+]?\d+)?$/.test(text) ? formatNumber(Number(text)) : text));
  return new Set(short).size < new Set(texts).size ? texts : short;
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
