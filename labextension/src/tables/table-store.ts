import type { MediaFiles } from '../media/media-files';
import { rowAt } from '../media/media-steps';
import type { MediaFile, MediaSeries } from '../wire/messages';
import { artifactRoot, fromArtifact, isShortened } from './artifact-table';
import { joinTables } from './join-tables';
import type { TableData } from './table-data';
import { concatTables, parseJson, parseTable } from './table-data';

const MAX_CACHED_CELLS = 4_000_000;
const [INCREMENT, JOINED] = ['incremental-table', 'joined-table'];
const KINDS = ['table', INCREMENT, JOINED];

interface CachedTable {
  table: Promise<TableData>;
  /** Null until the table is here. */
  content: TableData | null;
}

/** The parsed tables of each run by their files, the least recently used first. */
const caches = new WeakMap<MediaFiles, Map<string, CachedTable>>();

/** The files whose rows make up the table of `series` at `step`: of an incremental table all up to there. */
export function tableFiles(series: MediaSeries, step: number | null): MediaFile[] {
  const newest = rowAt(series, step);
  const file = newest?.files.find(isTable);
  if (newest === undefined || file === undefined) return [];
  if (file.kind !== INCREMENT) return [file];
  return series.rows.filter((row) => row.step <= newest.step).flatMap(({ files }) => files.filter((one) => one.kind === INCREMENT));
}

export function isTable({ kind }: MediaFile): boolean {
  return KINDS.includes(kind);
}

/** The table in these files of a run, made once for the same files. Rejects if one is not available. */
export function loadTable(source: MediaFiles, files: readonly MediaFile[]): Promise<TableData> {
  const [first] = files;
  if (first !== undefined && files.length === 1) return cached(source, first.path, () => loadPart(source, first));
  return cached(source, keyOf(files), async () => concatTables(await Promise.all(files.map((file) => cached(source, file.path, () => loadPart(source, file))))));
}

/** The table in these files if it was loaded before. */
export function loadedTable(source: MediaFiles, files: readonly MediaFile[]): TableData | null {
  return caches.get(source)?.get(keyOf(files))?.content ?? null;
}

/** One file's table: from the run's own file, which is small, or from the artifact if that has more. */
async function loadPart(source: MediaFiles, { kind, path, artifact }: MediaFile): Promise<TableData> {
  if (kind === JOINED) return loadJoined(source, path);
  const table = parseTable(await source.text(path));
  if (artifact === undefined || !isShortened(table)) return table;
  return loadArtifact(source, artifact).catch(() => table);
}

async function loadArtifact(source: MediaFiles, path: string): Promise<TableData> {
  return fromArtifact(parseTable(await source.text(path)), artifactRoot(path)!);
}

/** The two tables of a `JoinedTable`, joined. */
async function loadJoined(source: MediaFiles, path: string): Promise<TableData> {
  const root = artifactRoot(path);
  const { table1, table2, join_key: key } = parseJson(await source.text(path)) as { table1?: unknown; table2?: unknown; join_key?: unknown };
  const [left, right] = Array.isArray(key) ? key.map(String) : [String(key), String(key)];
  const [first, second] = await Promise.all([table1, table2].map((one) => loadArtifact(source, `${root}/${String(one)}`)));
  const renamed = { ...second!, columns: second!.columns.map((name) => (name === right ? left! : name)) };
  return joinTables(first!, renamed, left!, ['1', '2']).table;
}

function keyOf(files: readonly MediaFile[]): string {
  return files.map(({ path }) => path).join('\n');
}

function cached(source: MediaFiles, key: string, load: () => Promise<TableData>): Promise<TableData> {
  const cache = caches.get(source) ?? new Map<string, CachedTable>();
  caches.set(source, cache);
  const entry: CachedTable = cache.get(key) ?? { table: load(), content: null };
  cache.delete(key);
  cache.set(key, entry);
  entry.table.then(
    (content) => {
      entry.content = content;
      trim(cache);
    },
    () => cache.delete(key), // the next request tries again
  );
  return entry.table;
}

function trim(cache: Map<string, CachedTable>): void {
  let cells = [...cache.values()].reduce((sum, one) => sum + cellCount(one), 0);
  for (const [key, entry] of cache) {
    if (cells <= MAX_CACHED_CELLS || cache.size === 1) return;
    cells -= cellCount(entry);
    cache.delete(key);
  }
}

function cellCount({ content }: CachedTable): number {
  return content === null ? 0 : content.columns.length * content.rows.length;
}
