import type { Json } from '../wire/messages';
import { searchText } from './cell-values';
import type { TableData } from './table-data';

/** How a cell of a joined table compares with that of the other run in the same row. */
export type CellMark = 'different' | 'missing';

/** Two tables side by side. */
export interface JoinedTable {
  table: TableData;
  /** For each column the table it comes from, 0 or 1; the key is from both. */
  origins: (0 | 1)[];
  /** What differs, by the numbers of row and column. */
  mark(row: number, column: number): CellMark | null;
  differences: number;
}

/** The names of the columns that both tables have and that tell apart the rows of both, the first ones first. */
export function keyColumns(a: TableData, b: TableData): string[] {
  const common = a.columns.filter((name) => b.columns.includes(name));
  return common.filter((name) => [a, b].every((table) => isKey(table, table.columns.indexOf(name))));
}

function isKey({ rows }: TableData, column: number): boolean {
  const seen = new Set<string>();
  for (const row of rows) {
    const text = keyText(row[column]);
    if (text === null || seen.has(text)) return false;
    seen.add(text);
  }
  return rows.length > 0;
}

/**
 * The rows of both tables with the same value of `key`, or in the same place for null; rows of the second alone come last.
 * Columns of both are beside each other, with the names of their runs. Of several rows with one value the first counts.
 */
export function joinTables(a: TableData, b: TableData, key: string | null, names: readonly [string, string]): JoinedTable {
  const [keyA, keyB] = key === null ? [-1, -1] : [a.columns.indexOf(key), b.columns.indexOf(key)];
  const shared = [...new Set([...a.columns, ...b.columns])].filter((name) => name !== key);
  const places = shared.flatMap((name) => ([a, b] as const).flatMap((table, origin) => {
    const at = table.columns.indexOf(name);
    return at < 0 ? [] : [{ name, at, origin: origin as 0 | 1, other: (origin === 0 ? b : a).columns.indexOf(name) }];
  }));
  const pairs = pairRows(a, b, keyA, keyB);
  const rows = pairs.map(([left, right], i): Json[] => [
    key === null ? i : ((left ?? right)![left ? keyA : keyB] ?? null), ...places.map(({ at, origin }) => (origin === 0 ? left : right)?.[at] ?? null),
  ]);
  const mark = (row: number, column: number): CellMark | null => {
    const place = places[column - 1];
    const [left, right] = pairs[row] ?? [];
    if (place === undefined) return left && right ? null : 'missing';
    const [own, other] = place.origin === 0 ? [left, right] : [right, left];
    if (!own || !other) return 'missing';
    return place.other >= 0 && !isSame(own[place.at], other[place.other]) ? 'different' : null;
  };
  const differences = pairs.filter((_, i) => places.some((_place, column) => mark(i, column + 1) !== null)).length;
  const columns = [key ?? 'row', ...places.map(({ name, origin }) => `${name} · ${names[origin]}`)];
  return { table: { columns, rows }, origins: [0, ...places.map(({ origin }) => origin)], mark, differences };
}

type Pair = [left: Json[] | undefined, right: Json[] | undefined];

function pairRows(a: TableData, b: TableData, keyA: number, keyB: number): Pair[] {
  if (keyA < 0 || keyB < 0) return Array.from({ length: Math.max(a.rows.length, b.rows.length) }, (_, i): Pair => [a.rows[i], b.rows[i]]);
  const [left, right] = [firstRows(a.rows, keyA), firstRows(b.rows, keyB)];
  return [...[...left].map(([text, row]): Pair => [row, right.get(text)]), ...[...right].filter(([text]) => !left.has(text)).map(([, row]): Pair => [undefined, row])];
}

function firstRows(rows: readonly Json[][], column: number): Map<string, Json[]> {
  const result = new Map<string, Json[]>();
  for (const row of rows) {
    const text = keyText(row[column]) ?? '';
    if (!result.has(text)) result.set(text, row);
  }
  return result;
}

/** A number and a text of the same digits are the same key. */
function keyText(cell: Json | undefined): string | null {
  return cell === null || cell === undefined ? null : searchText(cell);
}

/** Media are the same if their contents are: paths in artifacts are made of these. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(withoutFolder(a)) === JSON.stringify(withoutFolder(b));
}

function withoutFolder(cell: Json | undefined): Json {
  if (Array.isArray(cell)) return cell.map(withoutFolder);
  if (typeof cell !== 'object' || cell === null || typeof cell.path !== 'string') return cell ?? null;
  return cell.path.slice(cell.path.lastIndexOf('/') + 1);
}
