import { h, icon, setText } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { MediaFiles } from './media-files';
import type { LayerChoices } from './layers/layer-choices';
import { PictureStack } from './layers/picture-stack';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** One picture in a dialog that fills the page, small ones as large pixels. Arrows move through the steps. */
export class EnlargedPicture {
  private readonly dialog: HTMLDialogElement;
  private readonly stack: PictureStack;
  private readonly caption = h('p', { class: 'wnb-media-caption' });

  constructor(host: HTMLElement, title: string, files: MediaFiles, choices: LayerChoices, move: (event: KeyboardEvent) => void, onClose: () => void) {
    this.stack = new PictureStack(files, choices);
    const close = h('button', { type: 'button', class: 'wnb-tool wnb-close', 'aria-label': 'Close the enlarged picture', title: 'Close (Escape)', onclick: () => this.dialog.close() }, icon(CLOSE_ICON));
    this.dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': `Picture ${title}` }, h('div', { class: 'wnb-media-pane' }, this.stack.element), this.caption, close);
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
    await this.stack.show(file, text).catch(() => setText(this.caption, `${text}: this file is not available.`));
  }

  destroy(): void {
    this.stack.destroy();
    this.dialog.remove();
  }
}
