import type { MediaFiles } from '../media/media-files';
import { rowAt } from '../media/media-steps';
import type { MediaFile, MediaSeries } from '../wire/messages';
import { artifactRoot, fromArtifact, isShortened } from './artifact-table';
import { joinTables } from './join-tables';
import type { TableData } from './table-data';
import { parseJson, parseTable } from './table-data';
import { artifactPath, loadPages, partial } from './table-parts';

const MAX_CACHED_CELLS = 4_000_000;
const [INCREMENT, JOINED, PARTITIONED] = ['incremental-table', 'joined-table', 'partitioned-table'];
const KINDS = ['table', INCREMENT, JOINED, PARTITIONED];
/** The pages of a table in parts for a chart, which has no button for more. */
const CHART_PAGES = 5;

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
  const files = series.rows.filter((row) => row.step <= newest.step).flatMap((row) => row.files.filter((one) => one.kind === INCREMENT));
  return files.filter(({ increment }, i) => increment === undefined || increment !== files[i + 1]?.increment); // a row without new rows repeats the increment before
}

export function isTable({ kind }: MediaFile): boolean {
  return KINDS.includes(kind);
}

/** The table in these files of a run, of one in parts the first `pages`, made once for the same files. Rejects if one is not available. */
export function loadTable(source: MediaFiles, files: readonly MediaFile[], pages = CHART_PAGES): Promise<TableData> {
  const newest = files.at(-1);
  if (newest === undefined) return Promise.reject(new Error('There is no table.'));
  if (newest.kind === PARTITIONED) return cached(source, keyOf(files, pages), () => loadPartitioned(source, newest.path, pages));
  if (newest.kind === INCREMENT) return cached(source, keyOf(files, pages), () => loadIncrements(source, files, pages));
  return cached(source, newest.path, () => loadPart(source, newest));
}

/** The table in these files if a chart loaded it before. */
export function loadedTable(source: MediaFiles, files: readonly MediaFile[]): TableData | null {
  const key = files[0]?.kind === INCREMENT ? keyOf(files, CHART_PAGES) : (files[0]?.path ?? '');
  return caches.get(source)?.get(key)?.content ?? null;
}

/** All increments up to the last of `files`. Rows of a message are a sample of many steps: the newest increment names those between. */
async function loadIncrements(source: MediaFiles, files: readonly MediaFile[], pages: number): Promise<TableData> {
  const newest = files.at(-1)!;
  const total = (newest.increment ?? 0) + 1;
  const loadFiles = (): Promise<TableData> => loadPages(files, (file) => cached(source, file.path, () => loadPart(source, file)), pages);
  if (files.length >= total) return loadFiles();
  try {
    return await loadPages(await incrementPaths(source, newest.artifact!), (path) => cached(source, path, () => loadArtifact(source, path)), pages);
  } catch {
    const table = await loadFiles();
    return { ...table, ...partial({ loaded: table.parts?.loaded ?? files.length, total, hasMore: table.parts !== undefined }) };
  }
}

/** The increments that make up a table, by what the last of them names. */
async function incrementPaths(source: MediaFiles, newest: string): Promise<string[]> {
  const { previous_increments_paths: previous } = parseJson(await source.text(newest)) as { previous_increments_paths?: unknown };
  const paths = Array.isArray(previous) ? previous.map(artifactPath) : [null];
  return [...paths, newest].map((path) => path ?? raise('This is not an increment of a table.'));
}

/** The parts of a `PartitionedTable`, in their order. */
async function loadPartitioned(source: MediaFiles, path: string, pages: number): Promise<TableData> {
  const { parts } = parseJson(await source.text(path)) as { parts?: unknown };
  if (!Array.isArray(parts) || parts.length === 0) throw new Error('This table names only a folder.');
  const paths = parts.map((part) => `${artifactRoot(path)}/${String(part)}`);
  return loadPages(paths, (one) => cached(source, one, () => loadArtifact(source, one)), pages);
}

function raise(message: string): never {
  throw new Error(message);
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

function keyOf(files: readonly MediaFile[], pages: number): string {
  return [pages, ...files.map(({ path }) => path)].join('\n');
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
