import type { MediaFiles } from '../media/media-files';
import type { ColumnType } from './cell-values';
import { cellMediaList, cellText } from './cell-values';
import type { CellMark } from './join-tables';
import type { SortKey } from './row-order';
import type { TableData } from './table-data';

/** What a grid shows of a table. */
export interface GridContent {
  table: TableData;
  /** The type of each column of the table. */
  types: ColumnType[];
  /** The numbers of the rows that are shown, in their order. */
  numbers: Uint32Array;
  /** The columns that are shown. */
  columns: number[];
  sort: readonly SortKey[];
  /** The condition of each column; null for a grid without them. */
  filters: ReadonlyMap<number, string> | null;
  /** How a cell compares with that of the other run. */
  mark?: (row: number, column: number) => CellMark | null;
  /** Where the media of a column come from. */
  files(column: number): MediaFiles | null;
}

/** What a user does in a grid. Columns and rows are those of the table. */
export interface GridActions {
  sort(column: number, add: boolean): void;
  filter(column: number, text: string): void;
  /** Enter or a double click on a cell without media. */
  open(row: number, column: number): void;
  /** Open one of the media of a cell. */
  openMedia(row: number, column: number, place: number): void;
}

const SAMPLE = 200;
const CHARACTER_PX = 6.6;
const [MIN_PX, MAX_PX, PADDING_PX, HEAD_PX, MEDIA_PX, LISTED_PX] = [56, 320, 20, 24, 110, 66];

/** The widths of the shown columns in pixels, by their heads and their first rows. */
export function columnWidths({ table, types, numbers, columns }: GridContent): number[] {
  const sample = numbers.subarray(0, SAMPLE);
  return columns.map((column) => {
    if (types[column] === 'media') return mediaWidth(sample.reduce((most, row) => Math.max(most, cellMediaList(table.rows[row]?.[column]).length), 0));
    const head = table.columns[column]!.length * CHARACTER_PX + HEAD_PX;
    const longest = sample.reduce((most, row) => Math.max(most, cellText(table.rows[row]?.[column]).length), 0);
    return Math.round(Math.max(MIN_PX, Math.min(MAX_PX, Math.max(head, longest * CHARACTER_PX) + PADDING_PX)));
  });
}

/** The width of a column of media, of which a cell has `count` at most. */
function mediaWidth(count: number): number {
  return Math.max(MEDIA_PX, Math.min(MAX_PX, count * LISTED_PX + PADDING_PX));
}
