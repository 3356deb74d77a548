import type { MediaFiles } from '../media/media-files';
import { rowAt } from '../media/media-steps';
import type { MediaFile, MediaSeries } from '../wire/messages';
import type { TableData } from './table-data';
import { concatTables, parseTable } from './table-data';

const MAX_CACHED_CELLS = 4_000_000;
const INCREMENT = 'incremental-table';

/** The parsed tables of each run, the least recently used first. */
const caches = new WeakMap<MediaFiles, Map<string, CachedTable>>();

interface CachedTable {
  table: Promise<TableData>;
  /** Null until the table is here. */
  content: TableData | null;
}

/** The files whose rows make up the table of `series` at `step`: of an incremental table all up to there. */
export function tableFiles(series: MediaSeries, step: number | null): MediaFile[] {
  const newest = rowAt(series, step);
  const file = newest?.files.find(isTable);
  if (newest === undefined || file === undefined) return [];
  if (file.kind !== INCREMENT) return [file];
  return series.rows.filter((row) => row.step <= newest.step).flatMap(({ files }) => files.filter((one) => one.kind === INCREMENT));
}

export function isTable({ kind }: MediaFile): boolean {
  return kind === 'table' || kind === INCREMENT;
}

/** The table in these files of a run. Rejects if one is not available. */
export async function loadTable(source: MediaFiles, files: readonly MediaFile[]): Promise<TableData> {
  const parts = await Promise.all(files.map(({ path }) => cached(source, path)));
  return parts.length === 1 ? parts[0]! : concatTables(parts);
}

/** The table in these files if it was loaded before. */
export function loadedTable(source: MediaFiles, files: readonly MediaFile[]): TableData | null {
  const parts = files.map(({ path }) => caches.get(source)?.get(path)?.content).filter((part) => part != null);
  return parts.length === 0 || parts.length < files.length ? null : parts.length === 1 ? parts[0]! : concatTables(parts);
}

function cached(source: MediaFiles, path: string): Promise<TableData> {
  const cache = caches.get(source) ?? new Map<string, CachedTable>();
  caches.set(source, cache);
  const entry: CachedTable = cache.get(path) ?? { table: source.text(path).then(parseTable), content: null };
  cache.delete(path);
  cache.set(path, entry);
  entry.table.then(
    (content) => {
      entry.content = content;
      trim(cache);
    },
    () => cache.delete(path), // the next request tries again
  );
  return entry.table;
}

function trim(cache: Map<string, CachedTable>): void {
  let cells = [...cache.values()].reduce((sum, one) => sum + cellCount(one), 0);
  for (const [path, entry] of cache) {
    if (cells <= MAX_CACHED_CELLS || cache.size === 1) return;
    cells -= cellCount(entry);
    cache.delete(path);
  }
}

function cellCount({ content }: CachedTable): number {
  return content === null ? 0 : content.columns.length * content.rows.length;
}
