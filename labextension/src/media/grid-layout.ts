import { lowerBound } from '../chart/axis-ranges';
import type { MediaFile } from '../wire/messages';
import type { MediaForm } from './media-kinds';
import { formOf } from './media-kinds';

const GAP_PX = 8;
const [CAPTION_LINE_PX, MAX_CAPTION_LINES, CHARACTER_PX] = [18, 3, 6];
/** The narrowest column of each form; those that are not here take the whole width. */
const MIN_COLUMN_PX: Partial<Record<MediaForm, number>> = { picture: 84, solid: 160, figure: 260 };
/** The height of each form without its caption; those that are not here are as high as wide, up to a height. */
const MAX_SQUARE_PX = 140;
const HEIGHTS_PX: Partial<Record<MediaForm, number>> = { sound: 124, video: 240, page: 220, table: 180, figure: 220, other: 48 };

/** Where the items of a grid are: in rows of equal columns. All of it follows from the files, so that nothing is measured. */
export interface GridLayout {
  columns: number;
  columnPx: number;
  /** The top of each row, and at last the height of all. */
  tops: readonly number[];
}

/** Lay out `count` items, of which the first `files` are known; the others are taken to be like the last of these. */
export function layOut(files: readonly MediaFile[], count: number, widthPx: number): GridLayout {
  const forms = files.map(formOf);
  const minPx = Math.max(...new Set(forms.map((form) => MIN_COLUMN_PX[form] ?? Infinity)), 1);
  const columns = Math.max(1, Math.floor((widthPx + GAP_PX) / (minPx + GAP_PX)));
  const columnPx = (widthPx + GAP_PX) / columns - GAP_PX;
  const heights = files.map(({ caption }, i) => (HEIGHTS_PX[forms[i]!] ?? Math.min(MAX_SQUARE_PX, columnPx)) + captionPx(caption, columnPx));
  const tops = [0];
  for (let first = 0; first < count; first += columns) {
    const row = heights.slice(first, first + columns);
    const height = row.length > 0 ? Math.max(...row) : (heights.at(-1) ?? columnPx);
    tops.push(tops.at(-1)! + height + GAP_PX);
  }
  return { columns, columnPx, tops };
}

/** The row at a distance from the top. */
export function rowAt({ tops }: GridLayout, y: number): number {
  const next = lowerBound(tops, y);
  const row = tops[next] === y ? next : next - 1;
  return Math.max(0, Math.min(tops.length - 2, row));
}

/** The items from `first` to before `end` that are in sight between two distances from the top. */
export function itemsBetween(layout: GridLayout, fromPx: number, toPx: number, count: number): { first: number; end: number } {
  return { first: rowAt(layout, fromPx) * layout.columns, end: Math.min(count, (rowAt(layout, toPx) + 1) * layout.columns) };
}

/** Where one item is. */
export function boxOf({ columns, columnPx, tops }: GridLayout, index: number): { left: number; top: number; width: number; height: number } {
  const row = Math.floor(index / columns);
  return { left: (index % columns) * (columnPx + GAP_PX), top: tops[row]!, width: columnPx, height: tops[row + 1]! - tops[row]! - GAP_PX };
}

/** The item that a key leads to from the item `from`; null for other keys, and where there is none. `pagePx` is the height in sight. */
export function itemByKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent, layout: GridLayout, from: number, count: number, pagePx: number): number | null {
  const isEdge = key === 'Home' || key === 'End';
  if (altKey || shiftKey || ((ctrlKey || metaKey) && !isEdge)) return null;
  const [row, lastRow] = [Math.floor(from / layout.columns), layout.tops.length - 2];
  const inRow = (to: number): number => Math.min(count - 1, from + (Math.max(0, Math.min(lastRow, to)) - row) * layout.columns);
  const page = (sign: number): number => {
    const to = rowAt(layout, layout.tops[row]! + sign * pagePx);
    return inRow(to === row ? row + sign : to);
  };
  const moves: Record<string, () => number> = {
    ArrowLeft: () => from - 1, ArrowRight: () => from + 1, ArrowUp: () => inRow(row - 1), ArrowDown: () => inRow(row + 1),
    PageUp: () => page(-1), PageDown: () => page(1), Home: () => 0, End: () => count - 1,
  };
  const to = Math.max(0, Math.min(count - 1, moves[key]?.() ?? from));
  return to === from ? null : to;
}

function captionPx(caption: string, columnPx: number): number {
  const lines = Math.ceil((caption.length * CHARACTER_PX) / columnPx);
  return Math.min(MAX_CAPTION_LINES, lines) * CAPTION_LINE_PX;
}
