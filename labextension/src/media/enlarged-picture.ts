import { h, icon, setText } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { MediaFiles } from './media-files';
import { MAX_PIXELATED } from './media-items';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** One picture in a dialog that fills the page, small ones as large pixels. Arrows move through the steps. */
export class EnlargedPicture {
  private readonly dialog: HTMLDialogElement;
  private readonly picture: HTMLImageElement;
  private readonly caption = h('p', { class: 'wnb-media-caption' });
  private path = '';

  constructor(host: HTMLElement, title: string, private readonly files: MediaFiles, move: (event: KeyboardEvent) => void, onClose: () => void) {
    this.picture = h('img', { onload: () => this.picture.toggleAttribute('data-pixelated', Math.max(this.picture.naturalWidth, this.picture.naturalHeight) < MAX_PIXELATED) });
    const close = h('button', { type: 'button', class: 'wnb-tool wnb-close', 'aria-label': 'Close the enlarged picture', title: 'Close (Escape)', onclick: () => this.dialog.close() }, icon(CLOSE_ICON));
    this.dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': `Picture ${title}` }, this.picture, this.caption, close);
    this.dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return move(event);
      event.preventDefault();
      event.stopPropagation();
      this.dialog.close();
    });
    this.dialog.addEventListener('close', () => {
      this.destroy();
      onClose();
    });
    host.append(this.dialog);
    this.dialog.showModal();
  }

  /** Show this file; `step` is in words. */
  async show(file: MediaFile, text: string, step: string): Promise<void> {
    setText(this.caption, [file.caption, step].filter(Boolean).join(' · '));
    if (file.path === this.path) return;
    if (this.path !== '') this.files.release(this.path);
    this.path = file.path;
    const url = await this.files.use(file.path).catch(() => '');
    if (this.path !== file.path) return;
    this.picture.src = url;
    this.picture.alt = text;
  }

  destroy(): void {
    if (this.path !== '') this.files.release(this.path);
    this.path = '';
    this.dialog.remove();
  }
}
