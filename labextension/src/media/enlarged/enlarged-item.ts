import { h, icon } from '../../view/dom';
import type { MediaFile } from '../../wire/messages';
import type { LayerChoices } from '../layers/layer-choices';
import type { MediaFiles } from '../media-files';
import { MediaItem } from '../media-item';
import type { MediaForm } from '../media-kinds';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** A 3D object, figure, page or other medium in a dialog that fills the page, until it is closed. */
export class EnlargedItem {
  private readonly dialog: HTMLDialogElement;
  private readonly item: MediaItem;

  constructor(host: HTMLElement, title: string, form: MediaForm, context: { files: MediaFiles; choices: LayerChoices }, private readonly moveByKey: (event: KeyboardEvent) => void, private readonly closed: () => void) {
    this.item = new MediaItem(form, { ...context, enlarge: () => undefined }, title);
    const close = h('button', { type: 'button', class: 'wnb-tool', 'aria-label': `Close ${title}`, title: 'Close (Escape)', onclick: () => this.dialog.close() }, icon(CLOSE_ICON));
    this.dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': title },
      h('div', { class: 'wnb-viewer-bar' }, h('strong', { class: 'wnb-name' }, title), close),
      h('div', { class: 'wnb-media', 'data-count': 'one' }, this.item.element));
    this.dialog.addEventListener('keydown', (event) => this.handleKey(event));
    this.dialog.addEventListener('close', () => this.destroy());
    host.append(this.dialog);
    this.dialog.showModal();
    this.item.visible = true;
  }

  show(file: MediaFile): void {
    this.item.show(file);
  }

  destroy(): void {
    this.item.destroy();
    this.dialog.remove();
    this.closed();
  }

  private handleKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key !== 'Escape') return this.moveByKey(event);
    event.preventDefault();
    this.dialog.close();
  }
}
