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
import { cellMedia } from './cell-values';
import { isPicture, mediaName } from './grid-cells';
import type { GridContent } from './grid-content';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';
/** Pictures before and after the opened one that can be reached. */
const REACH = 2000;

/** Open the medium of a cell: a picture among those of its column, anything else on its own. */
export function openCellMedia(host: HTMLElement, title: string, content: GridContent, row: number, column: number): void {
  const [media, files] = [cellMedia(content.table.rows[row]?.[column]), content.files(column)];
  if (media === null || files === null) return;
  if (!isPicture(media)) return openDocument(host, media, files);
  const at = content.numbers.indexOf(row);
  const numbers = content.numbers.subarray(Math.max(0, at - REACH), at + REACH).filter((number) => pictureAt(content, number, column) !== null);
  new EnlargedPicture(host, new ColumnPictures(title, content, numbers, column), numbers.indexOf(row), h('span'));
}

/** The pictures of one column, and those of other columns in the same row to compare with. */
class ColumnPictures implements PictureSource {
  readonly choices = new LayerChoices();
  private readonly all: Picture[];

  constructor(readonly title: string, private readonly content: GridContent, private readonly numbers: Uint32Array, private readonly column: number) {
    this.all = Array.from(numbers, (number) => pictureAt(content, number, column)!);
  }

  pictures(): Picture[] {
    return this.all;
  }

  candidates(place: number): Candidate[] {
    const { table, columns, types } = this.content;
    const others = columns.filter((column) => column !== this.column && types[column] === 'media');
    return others.map((column) => ({ name: table.columns[column]!, picture: pictureAt(this.content, this.numbers[place]!, column) }));
  }

  moveByKey(): void {
    // A table has one step here; PageUp and PageDown move through the rows.
  }

  closed(): void {
    // Nothing to do: the grid has the focus again.
  }
}

function pictureAt({ table, numbers, files: filesOf }: GridContent, row: number, column: number): Picture | null {
  const [media, files] = [cellMedia(table.rows[row]?.[column]), filesOf(column)];
  if (media === null || files === null || !isPicture(media)) return null;
  return { file: fileOf(media), files, text: mediaName(media), origin: `${table.columns[column]}, row ${formatNumber(numbers.indexOf(row) + 1)}` };
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
