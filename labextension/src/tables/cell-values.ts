import { formatNumber } from '../model/format';
import type { Json } from '../wire/messages';

const MAX_SHOWN = 300;
/** Cells of a column that are looked at to find its type. */
const SAMPLE = 1000;

export type ColumnType = 'number' | 'text' | 'media';

/** The JSON of a picture, sound, video or page in a cell. `path` is one that the run's source serves. */
export interface CellMedia {
  _type: string;
  path: string;
  caption?: string;
}

/** The medium in a cell; null for any other value. */
export function cellMedia(cell: Json | undefined): CellMedia | null {
  if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) return null;
  const { _type, path } = cell;
  return typeof _type === 'string' && _type.endsWith('-file') && typeof path === 'string' ? (cell as unknown as CellMedia) : null;
}

/** The media in a cell: one, or those of a list that has nothing else; empty for any other value. */
export function cellMediaList(cell: Json | undefined): CellMedia[] {
  if (!Array.isArray(cell)) return [cellMedia(cell)].filter((media) => media !== null);
  const media = cell.map(cellMedia).filter((one) => one !== null);
  return media.length === cell.length ? media : [];
}

/** The type of a column by its first values; empty cells have none. */
export function columnType(rows: readonly Json[][], column: number): ColumnType {
  let numbers = 0;
  let others = 0;
  for (const row of rows.slice(0, SAMPLE)) {
    const cell = row[column];
    if (cell === null || cell === undefined) continue;
    if (cellMediaList(cell).length > 0) return 'media';
    if (typeof cell === 'number') numbers += 1;
    else others += 1;
  }
  return numbers > 0 && others === 0 ? 'number' : 'text';
}

/** A cell for people, of limited length. */
export function cellText(cell: Json | undefined): string {
  if (typeof cell === 'number') return formatNumber(cell);
  const text = searchText(cell);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)} …` : text;
}

/** A cell as it is searched, filtered and grouped: all of its text; the caption of a medium. */
export function searchText(cell: Json | undefined): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell;
  const media = cellMediaList(cell);
  if (media.length > 0) return media.map(({ caption, _type }) => caption ?? _type.replace(/-file$/, '')).join(', ');
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}
