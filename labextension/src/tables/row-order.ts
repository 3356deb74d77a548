import type { Json } from '../wire/messages';
import { searchText } from './cell-values';

/** One of the columns by which rows are sorted. */
export interface SortKey {
  column: number;
  descending: boolean;
}

/** The keys after a click on the head of a column: ascending, descending, unsorted. With `add` the other keys stay. */
export function nextSort(keys: readonly SortKey[], column: number, add: boolean): SortKey[] {
  const current = keys.find((key) => key.column === column);
  const others = add ? keys.filter((key) => key.column !== column) : [];
  if (current?.descending) return others;
  return [...others, { column, descending: current !== undefined }];
}

/**
 * The numbers of rows sorted by `keys`; equal ones stay in their order. Numbers come before texts, and empty cells last in
 * both directions.
 */
export function sortRows(rows: readonly Json[][], numbers: Uint32Array, keys: readonly SortKey[]): Uint32Array {
  if (keys.length === 0) return numbers;
  const columns = keys.map(({ column }) => rows.map((row) => sortValue(row[column])));
  return numbers.slice().sort((a, b) => {
    for (const [k, { descending }] of keys.entries()) {
      const order = compare(columns[k]![a]!, columns[k]![b]!, descending);
      if (order !== 0) return order;
    }
    return a - b;
  });
}

function sortValue(cell: Json | undefined): number | string | null {
  if (cell === null || cell === undefined || (typeof cell === 'number' && Number.isNaN(cell))) return null;
  if (typeof cell === 'number') return cell;
  return typeof cell === 'boolean' ? Number(cell) : searchText(cell);
}

function compare(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  const order = typeof a === typeof b ? (a < b ? -1 : 1) : typeof a === 'number' ? -1 : 1;
  return descending ? -order : order;
}
