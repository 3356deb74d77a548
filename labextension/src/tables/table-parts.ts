import type { TableData } from './table-data';
import { concatTables } from './table-data';

/** A page ends with the part that reaches one of these. */
const [PAGE_ROWS, PAGE_PARTS] = [20_000, 400];
/** Parts that are requested together. */
const BATCH = 8;

/** How many parts of a table are loaded. */
export interface LoadedParts {
  loaded: number;
  total: number;
  /** Whether the others can be loaded, too. */
  hasMore: boolean;
}

/** The table in the first of these parts, as many as fill `pages`. Rejects if one is not available. */
export async function loadPages<T>(parts: readonly T[], load: (part: T) => Promise<TableData>, pages: number): Promise<TableData> {
  const tables: TableData[] = [];
  let rows = 0;
  while (tables.length < parts.length && rows < pages * PAGE_ROWS && tables.length < pages * PAGE_PARTS) {
    const batch = await Promise.all(parts.slice(tables.length, tables.length + BATCH).map(load));
    rows += batch.reduce((sum, table) => sum + table.rows.length, 0);
    tables.push(...batch);
  }
  return { ...concatTables(tables), ...partial({ loaded: tables.length, total: parts.length, hasMore: true }) };
}

/** What a table has of its parts, if these are not all. */
export function partial(parts: LoadedParts): { parts?: LoadedParts } {
  return parts.loaded < parts.total ? { parts } : {};
}

/** `artifacts/<client id>/<path>` of an address in a row; null for anything else. */
export function artifactPath(address: unknown): string | null {
  const match = /^wandb-client-artifact:\/\/([A-Za-z0-9]{1,128})\/([^\0\\]{1,500})$/.exec(typeof address === 'string' ? address : '');
  return match ? `artifacts/${match[1]}/${match[2]}` : null;
}
