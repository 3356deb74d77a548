import type { DiffRow } from '../wire/messages';
import { shortTexts } from './value-differences';

const SEPARATOR = ' · ';
const [MAX_KEYS, MAX_VALUE, MAX_NAME, MAX_VALUES] = [2, 12, 24, 32];
const [MAX_LISTED_KEYS, MAX_LISTED_VALUES] = [3, 6];

/**
 * The names of runs, each after the values of the first config keys that differ, as in `wandb_nb/compare/legend.py`. A run
 * whose name and values are not its own alone has its entry in `labels`, which are distinct.
 */
export function legendLabels(names: string[], labels: string[], config: DiffRow[]): string[] {
  const rows = config.filter((row) => !row.same).slice(0, MAX_KEYS);
  const keys = shortKeys(rows);
  const legend = names.map((name, i) => {
    const values = rows.flatMap((row, k) => (shortTexts(row.texts)[i] == null ? [] : [`${keys[k]}=${shorten(shortTexts(row.texts)[i]!, MAX_VALUE)}`]));
    return values.length === 0 ? name : `${shorten(values.join(', '), MAX_VALUES)}${SEPARATOR}${shorten(name, MAX_NAME)}`;
  });
  return legend.map((entry, i) => (legend.indexOf(entry) === legend.lastIndexOf(entry) ? entry : labels[i]!));
}

/** The labels without the names, as far as they are distinct without them. */
export function valueLabels(legend: string[]): string[] {
  const values = legend.map((label) => label.split(SEPARATOR, 1)[0]!);
  return values.map((value, i) => (values.indexOf(value) === values.lastIndexOf(value) ? value : legend[i]!));
}

/** One line with the config values that differ; empty if none does. For saved comparisons the kernel has written a longer one. */
export function configHeadline(config: DiffRow[]): string {
  const rows = config.filter((row) => !row.same);
  const keys = shortKeys(rows);
  const parts = rows.slice(0, MAX_LISTED_KEYS).map((row, i) => `${keys[i]} ${joined(shortTexts(row.texts).map((text) => text ?? '–'))}`);
  if (rows.length > MAX_LISTED_KEYS) parts.push(`${rows.length - MAX_LISTED_KEYS} more config values`);
  return parts.join(' · ');
}

function joined(texts: string[]): string {
  if (texts.length === 2) return texts.join(' → ');
  const distinct = [...new Set(texts)];
  return `${distinct.slice(0, MAX_LISTED_VALUES).join(', ')}${distinct.length > MAX_LISTED_VALUES ? ' …' : ''}`;
}

/** The last part of each nested key, or the whole key where several end alike. */
function shortKeys(rows: DiffRow[]): string[] {
  const ends = rows.map((row) => row.key.split('.').at(-1)!);
  return rows.map((row, i) => (ends.filter((end) => end === ends[i]).length === 1 ? ends[i]! : row.key));
}

function shorten(text: string, longest: number): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
