import { h } from '../view/dom';

const MAX_LISTED = 200;

/** A list of columns with boxes that show and hide them. */
export class ColumnMenu {
  readonly element: HTMLDetailsElement;
  private readonly list = h('div', { class: 'wnb-picker-list' });
  private readonly closeOutside = (event: Event): void => {
    if (!this.element.contains(event.target as Node)) this.element.open = false;
  };

  constructor(title: string, private readonly hidden: Set<string>, private readonly changed: () => void) {
    this.element = h('details', { class: 'wnb-menu-anchor wnb-picker' }, h('summary', { class: 'wnb-toggle', 'aria-label': `Columns of ${title}` }, 'Columns'), h('div', { class: 'wnb-menu' }, this.list));
    this.element.addEventListener('toggle', () => {
      if (this.element.open) document.addEventListener('pointerdown', this.closeOutside, true);
      else document.removeEventListener('pointerdown', this.closeOutside, true);
    });
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.element.open) return;
      event.preventDefault();
      event.stopPropagation();
      this.element.open = false;
      this.element.querySelector('summary')!.focus();
    });
  }

  /** List these columns. */
  show(columns: readonly string[]): void {
    this.list.replaceChildren(...columns.slice(0, MAX_LISTED).map((name) => {
      const box = h('input', { type: 'checkbox', checked: !this.hidden.has(name), onchange: () => this.toggle(name, box.checked) });
      return h('label', { class: 'wnb-picker-item' }, box, name);
    }));
  }

  private toggle(name: string, visible: boolean): void {
    if (visible) this.hidden.delete(name);
    else this.hidden.add(name);
    this.changed();
  }
}
