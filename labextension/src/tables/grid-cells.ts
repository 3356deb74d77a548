import type { MediaFiles } from '../media/media-files';
import { h } from '../view/dom';
import type { Json } from '../wire/messages';
import type { CellMedia } from './cell-values';
import { cellMediaList, cellText, searchText } from './cell-values';

const MAX_TITLE = 2000;
/** Media of a list that are drawn in its cell; all are reached from the first. */
const MAX_DRAWN = 8;
const MISSING = 'not available';

/** What is in a cell, and how to free it. */
export interface CellContent {
  node: Node;
  title: string;
  destroy?(): void;
}

/** The content of a cell: texts as texts, pictures as thumbnails, other media as buttons; `open` shows a medium by its place. */
export function cellContent(cell: Json | undefined, files: MediaFiles | null, open: (place: number) => void): CellContent {
  const media = cellMediaList(cell);
  if (media.length === 0 || files === null) return { node: document.createTextNode(cellText(cell)), title: titleOf(cell) };
  const contents = media.slice(0, MAX_DRAWN).map((one, place) => mediumContent(one, files, () => open(place)));
  if (media.length === 1) return contents[0]!;
  const more = media.length > MAX_DRAWN ? h('span', { class: 'wnb-quiet' }, `+${media.length - MAX_DRAWN}`) : null;
  return { node: h('span', { class: 'wnb-cell-list' }, ...contents.map(({ node }) => node), more), title: titleOf(cell), destroy: () => contents.forEach((one) => one.destroy?.()) };
}

function mediumContent(media: CellMedia, files: MediaFiles, open: () => void): CellContent {
  return isPicture(media) ? thumbnail(media, files, open) : { node: mediaButton(media, open), title: media.caption ?? '' };
}

/** Whether a medium is shown as a picture. */
export function isPicture({ _type, path }: CellMedia): boolean {
  return _type === 'image-file' || (_type === 'video-file' && path.toLowerCase().endsWith('.gif'));
}

/** What a medium is called: its caption, else its kind. */
export function mediaName({ _type, caption }: CellMedia): string {
  return caption || { 'image-file': 'Picture', 'audio-file': 'Sound', 'video-file': 'Video', 'html-file': 'HTML page' }[_type] || _type.replace(/-file$/, '');
}

/** A picture that is requested when its row is drawn, and whose request is dropped when the row is scrolled away. */
function thumbnail(media: CellMedia, files: MediaFiles, open: () => void): CellContent {
  const picture = h('img', { alt: mediaName(media), onload: () => picture.toggleAttribute('data-pixelated', picture.naturalWidth < 100) });
  const button = h('button', { class: 'wnb-cell-picture', type: 'button', tabindex: -1, title: 'Enlarge (Enter)', onclick: open }, picture);
  let isWanted = true;
  files.use(media.path).then((url) => isWanted && (picture.src = url), () => isWanted && button.replaceWith(`${mediaName(media)}: ${MISSING}`));
  return {
    node: button,
    title: media.caption ?? '',
    destroy: () => {
      isWanted = false;
      files.release(media.path);
    },
  };
}

function mediaButton(media: CellMedia, open: () => void): HTMLElement {
  return h('button', { class: 'wnb-cell-media', type: 'button', tabindex: -1, title: 'Open (Enter)', onclick: open }, mediaName(media));
}

function titleOf(cell: Json | undefined): string {
  return (typeof cell === 'number' ? String(cell) : searchText(cell)).slice(0, MAX_TITLE);
}
