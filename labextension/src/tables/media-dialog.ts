import { EnlargedPicture } from '../media/enlarged/enlarged-picture';
import type { Picture } from '../media/enlarged/picture-source';
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
  private dialog: EnlargedPicture | null = null;
  private picture: Picture | null = null;
  private move: (rows: number) => void = () => undefined;
  private readonly choices = new LayerChoices();

  constructor(private readonly host: () => HTMLElement, private readonly title: string) {}

  /** Open a medium, or show it in the open dialog of a picture. `row` is in words. */
  open(media: CellMedia, files: MediaFiles, row: string, move: (rows: number) => void): void {
    if (!isPicture(media)) return openDocument(this.host(), media, files, row);
    this.picture = { file: fileOf(media), files, text: mediaName(media), origin: row };
    this.move = move;
    if (this.dialog) this.dialog.update();
    else this.dialog = this.createDialog();
  }

  private createDialog(): EnlargedPicture {
    return new EnlargedPicture(this.host(), {
      title: this.title, choices: this.choices, candidates: () => [],
      pictures: () => (this.picture ? [this.picture] : []),
      moveByKey: (event) => this.moveByKey(event),
      closed: () => (this.dialog = null),
    }, 0, null);
  }

  private moveByKey(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
    const rows = moves[event.key];
    if (rows === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.move(rows);
  }

  destroy(): void {
    this.dialog?.destroy();
    this.dialog = null;
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
