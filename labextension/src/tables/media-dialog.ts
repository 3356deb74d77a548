import { EnlargedPicture } from '../media/enlarged-picture';
import { LayerChoices } from '../media/layers/layer-choices';
import type { MediaContent } from '../media/media-content';
import { createContent } from '../media/media-content';
import type { MediaFiles } from '../media/media-files';
import { formOf } from '../media/media-kinds';
import { h, icon } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { CellMedia } from './cell-values';
import { isPicture, mediaName } from './grid-cells';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** The medium of a cell in a dialog; for pictures arrows move to other rows of the column. */
export class MediaDialog {
  private picture: EnlargedPicture | null = null;

  constructor(private readonly host: () => HTMLElement, private readonly title: string) {}

  /** Open a medium, or show it in the open dialog of a picture. `row` is in words. */
  open(media: CellMedia, files: MediaFiles, row: string, move: (rows: number) => void): void {
    if (!isPicture(media)) return openDocument(this.host(), media, files, row);
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
    this.picture ??= new EnlargedPicture(this.host(), this.title, files, new LayerChoices(), (event) => {
      const rows = moves[event.key];
      if (rows === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      move(rows);
    }, () => (this.picture = null));
    void this.picture.show(fileOf(media), mediaName(media), row);
  }

  destroy(): void {
    this.picture?.destroy();
    this.picture = null;
  }
}

function fileOf({ _type, path, caption }: CellMedia): MediaFile {
  return { kind: _type.replace(/-file$/, ''), path, caption: caption ?? '', width: null, height: null, size: null };
}

/** A sound, a video, a page or another file in a dialog of its own. */
function openDocument(host: HTMLElement, media: CellMedia, files: MediaFiles, row: string): void {
  const file = fileOf(media);
  const content: MediaContent = createContent(formOf(file), { files, choices: new LayerChoices(), enlarge: () => undefined });
  const caption = h('p', { class: 'wnb-media-caption' }, [media.caption, row].filter(Boolean).join(' · '));
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
