import type { Json } from '../wire/messages';
import { cellMedia } from './cell-values';
import type { TableData } from './table-data';

/** Cells of a run's own file in the place of media, which only the artifact has. */
const MEDIA_WORDS = new Set(['Image', 'Audio', 'Video', 'Html', 'Object3D', 'Molecule', 'Plotly', 'Bokeh', 'Graph']);
/** The rows of the run's own file at most. */
const MAX_RUN_ROWS = 10_000;
const SAMPLE = 50;

/** `artifacts/<client id>` of a path in an artifact; null for any other path. */
export function artifactRoot(path: string): string | null {
  return /^artifacts\/[^/]+/.exec(path)?.[0] ?? null;
}

/** Whether the table in the run's own file lacks rows or media that the artifact's has. */
export function isShortened({ rows }: TableData): boolean {
  return rows.length >= MAX_RUN_ROWS || rows.slice(0, SAMPLE).some((row) => row.some((cell) => (Array.isArray(cell) ? cell.some(isMediaWord) : isMediaWord(cell))));
}

function isMediaWord(cell: Json): boolean {
  return typeof cell === 'string' && MEDIA_WORDS.has(cell);
}

/** A table of an artifact as one of a run: paths of media lead there from the run, and dates are texts. */
export function fromArtifact({ columns, rows, types }: TableData, root: string): TableData {
  const dates = columns.map((name) => hasDates(types?.[name]));
  const convert = (cell: Json, column: number): Json => {
    if (dates[column] && typeof cell === 'number') return dateText(cell);
    return Array.isArray(cell) ? cell.map((one) => withRoot(one, root)) : withRoot(cell, root);
  };
  return { columns, rows: rows.map((row) => row.map(convert)) };
}

function withRoot(cell: Json, root: string): Json {
  const media = cellMedia(cell);
  return media ? { ...(cell as Record<string, Json>), path: `${root}/${media.path}` } : cell;
}

function hasDates(type: unknown): boolean {
  return /"wb_type":"timestamp"/.test(JSON.stringify(type ?? null));
}

function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString().replace('.000Z', 'Z');
}
