import type { Json } from '../wire/messages';
import type { LoadedParts } from './table-parts';

/** A logged table: names of columns, and rows that each have as many cells. */
export interface TableData {
  columns: string[];
  rows: Json[][];
  /** The types of columns by their names, in an artifact only. */
  types?: Record<string, unknown>;
  /** The number of all rows, if these are only the first ones. */
  total?: number;
  /** Of a table in parts, if these are not all. */
  parts?: LoadedParts;
}

/** A text of JSON, or one of the bare words that Python writes for numbers without a JSON form. */
const TOKEN = /"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g;
const BARE_WORDS: Record<string, string> = { NaN: 'null', Infinity: '1e999', '-Infinity': '-1e999' };

/** The table in the file of a run or of an artifact. Throws if it is not a table. */
export function parseTable(json: string): TableData {
  const { columns, data, nrows, column_types: types } = parseJson(json) as { columns?: unknown; data?: unknown; nrows?: unknown; column_types?: { params?: { type_map?: Record<string, unknown> } } };
  if (!Array.isArray(columns) || !Array.isArray(data)) throw new Error('This is not a table.');
  const rows = (data as unknown[]).map((row) => (Array.isArray(row) ? (row as Json[]) : []));
  const more = typeof nrows === 'number' && nrows > rows.length ? { total: nrows } : {};
  return { columns: columns.map((name) => (typeof name === 'string' ? name : JSON.stringify(name))), rows, ...more, ...(types?.params?.type_map ? { types: types.params.type_map } : {}) };
}

/** JSON with bare NaN and infinities; NaN becomes null. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return JSON.parse(json.replace(TOKEN, (token) => BARE_WORDS[token] ?? token)) as unknown;
  }
}

/** The rows of several parts of one table, in their order, by the columns of the last part. */
export function concatTables(parts: readonly TableData[]): TableData {
  const { columns } = parts.at(-1)!;
  const rows = parts.flatMap((part) => (part.columns.join('\n') === columns.join('\n') ? part.rows : part.rows.map((row) => columns.map((name) => row[part.columns.indexOf(name)] ?? null))));
  return { columns, rows };
}
