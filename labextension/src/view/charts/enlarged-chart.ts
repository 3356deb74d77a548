import { h, icon } from '../dom';
import type { Card } from './card';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** A card in a modal dialog that fills the page. Closing it gives the focus back to where it was. */
export class EnlargedChart {
  private readonly dialog: HTMLDialogElement;
  private readonly observer: ResizeObserver;

  constructor(host: HTMLElement, private readonly card: Card, onClose: () => void) {
    const close = h('button', { type: 'button', class: 'wnb-tool wnb-close', 'aria-label': 'Close the enlarged chart', title: 'Close (Escape)', onclick: () => this.close() }, icon(CLOSE_ICON));
    this.dialog = h('dialog', { class: 'wnb-enlarged', 'aria-label': `Chart ${card.group.title}` }, card.element, close);
    this.dialog.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    });
    this.dialog.addEventListener('close', () => {
      this.destroy();
      onClose();
    });
    this.observer = new ResizeObserver(() => this.update());
    host.append(this.dialog);
    this.dialog.showModal();
    card.focus();
    this.observer.observe(this.dialog);
  }

  update(): void {
    this.card.visible = true;
    this.card.update();
  }

  destroy(): void {
    this.observer.disconnect();
    this.card.destroy();
    this.dialog.remove();
  }

  private close(): void {
    this.dialog.close();
  }
}
