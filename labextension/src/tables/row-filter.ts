import type { Json } from '../wire/messages';
import { searchText } from './cell-values';

type Test = (cell: Json | undefined) => boolean;

const COMPARISON = /^(<=|>=|!=|<|>|=)\s*(.*)$/;
const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b, '=': (a, b) => a === b, '!=': (a, b) => a !== b,
};

/** What the rows of a table are narrowed down to. */
export interface RowFilter {
  /** A text in any visible column. */
  search: string;
  /** A condition by column, as its user wrote it. */
  columns: ReadonlyMap<number, string>;
}

/** The numbers of the rows that pass; `visible` are the columns that a search looks at. */
export function filterRows(rows: readonly Json[][], { search, columns }: RowFilter, visible: readonly number[]): Uint32Array {
  const tests = [...columns].filter(([, text]) => text.trim() !== '').map(([column, text]): [number, Test] => [column, cellTest(text)]);
  const query = search.trim().toLowerCase();
  const matches = (row: Json[]): boolean => query === '' || visible.some((column) => searchText(row[column]).toLowerCase().includes(query));
  const result = new Uint32Array(rows.length);
  let count = 0;
  rows.forEach((row, i) => {
    if (tests.every(([column, test]) => test(row[column])) && matches(row)) result[count++] = i;
  });
  return result.slice(0, count);
}

/**
 * The test that a user wrote: "> 0.5", "<= 3", "!= 0", "= cat" (all of the text), several joined by "and", or a text that
 * cells contain. Case does not count. An unfinished comparison such as ">" passes everything.
 */
export function cellTest(text: string): Test {
  const tests = text.split(/\s+and\s+|\s*&\s*/i).map((part) => part.trim()).filter((part) => part !== '').map(singleTest);
  return (cell) => tests.every((test) => test(cell));
}

function singleTest(text: string): Test {
  const [, operator, operand = ''] = COMPARISON.exec(text) ?? [];
  if (operator === undefined) return contains(text);
  if (operand === '') return () => true;
  const number = Number(operand);
  if (!Number.isNaN(number)) return (cell) => compareNumber(cell, operator, number, operand);
  if (operator !== '=' && operator !== '!=') return (cell) => typeof cell === 'string' && (operator.startsWith('<') ? cell < operand : cell > operand);
  const wanted = operand.toLowerCase();
  return (cell) => (searchText(cell).toLowerCase() === wanted) === (operator === '=');
}

/** A number is compared as such; a text equals the text of the operand. */
function compareNumber(cell: Json | undefined, operator: string, number: number, operand: string): boolean {
  const value = typeof cell === 'boolean' ? Number(cell) : cell;
  if (typeof value === 'number') return COMPARE[operator]!(value, number);
  return operator === '=' ? value === operand : operator === '!=' && value !== operand;
}

function contains(text: string): Test {
  const query = text.toLowerCase();
  return (cell) => searchText(cell).toLowerCase().includes(query);
}
