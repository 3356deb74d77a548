import { EnlargedPicture } from '../media/enlarged/enlarged-picture';
import type { Candidate, Picture, PictureSource } from '../media/enlarged/picture-source';
import { LayerChoices } from '../media/layers/layer-choices';
import { createContent } from '../media/media-content';
import type { MediaFiles } from '../media/media-files';
import { formOf } from '../media/media-kinds';
import { formatNumber } from '../model/format';
import { h, icon } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { CellMedia } from './cell-values';
import { cellMediaList } from './cell-values';
import { isPicture, mediaName } from './grid-cells';
import type { GridContent } from './grid-content';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';
/** Pictures before and after the opened one that can be reached. */
const REACH = 2000;

/** One of the media in a cell. */
interface MediaPlace {
  row: number;
  column: number;
  place: number;
}

/** Open a medium of a cell: a picture among those of its column, anything else on its own. */
export function openCellMedia(host: HTMLElement, title: string, content: GridContent, { row, column, place }: MediaPlace): void {
  const [media, files] = [cellMediaList(content.table.rows[row]?.[column])[place], content.files(column)];
  if (media === undefined || files === null) return;
  if (!isPicture(media)) return openDocument(host, media, files);
  const at = content.numbers.indexOf(row);
  const pictures = [...content.numbers.subarray(Math.max(0, at - REACH), at + REACH)].flatMap((number) => picturesAt(content, number, column));
  const first = pictures.findIndex((picture) => picture.row === row && picture.place === place);
  new EnlargedPicture(host, new ColumnPictures(title, content, pictures, column), first, h('span'));
}

interface CellPicture extends Picture {
  row: number;
  place: number;
}

/** The pictures of one column, and those of other columns in the same row to compare with. */
class ColumnPictures implements PictureSource {
  readonly choices = new LayerChoices();

  constructor(readonly title: string, private readonly content: GridContent, private readonly all: CellPicture[], private readonly column: number) {}

  pictures(): Picture[] {
    return this.all;
  }

  get total(): number {
    return this.all.length;
  }

  loadAround(): void {
    // All of them are here.
  }

  candidates(index: number): Candidate[] {
    const { table, columns, types } = this.content;
    const { row, place } = this.all[index]!;
    const siblings = this.all.filter((one) => one.row === row && one.place !== place).map((picture) => ({ name: `picture ${picture.place + 1}`, picture }));
    const others = columns.filter((column) => column !== this.column && types[column] === 'media');
    return [...siblings, ...others.map((column) => ({ name: table.columns[column]!, picture: picturesAt(this.content, row, column)[place] ?? null }))];
  }

  moveByKey(): void {
    // A table has one step here; PageUp and PageDown move through the rows.
  }

  closed(): void {
    // Nothing to do: the grid has the focus again.
  }
}

/** The pictures in a cell. */
function picturesAt({ table, numbers, files: filesOf }: GridContent, row: number, column: number): CellPicture[] {
  const [media, files] = [cellMediaList(table.rows[row]?.[column]), filesOf(column)];
  if (files === null) return [];
  const origin = `${table.columns[column]}, row ${formatNumber(numbers.indexOf(row) + 1)}`;
  return media.flatMap((one, place): CellPicture[] => {
    const text = media.length > 1 ? `${origin}, ${place + 1} of ${media.length}` : origin;
    return isPicture(one) ? [{ file: fileOf(one), files, text: mediaName(one), origin: text, row, place }] : [];
  });
}

function fileOf({ _type, path, caption }: CellMedia): MediaFile {
  return { kind: _type.replace(/-file$/, ''), path, caption: caption ?? '', width: null, height: null, size: null };
}

/** A sound, a video, a page or another file in a dialog of its own. */
function openDocument(host: HTMLElement, media: CellMedia, files: MediaFiles): void {
  const file = fileOf(media);
  const content = createContent(formOf(file), { files, choices: new LayerChoices(), enlarge: () => undefined });
  const caption = h('p', { class: 'wnb-media-caption' }, media.caption ?? '');
  const close = h('button', { type: 'button', class: 'wnb-tool wnb-close', 'aria-label': 'Close', title: 'Close (Escape)', onclick: () => dialog.close() }, icon(CLOSE_ICON));
  const dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': mediaName(media) }, h('div', { class: 'wnb-media wnb-cell-document' }, content.element), caption, close);
  dialog.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key !== 'Escape') return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener('close', () => {
    content.destroy();
    dialog.remove();
  });
  host.append(dialog);
  dialog.showModal();
  content.show(file, mediaName(media)).catch(() => caption.replaceChildren('This file is not available.'));
}
