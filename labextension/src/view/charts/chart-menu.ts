import { freshId, h, icon } from '../dom';

const MENU_ICON = 'M3.5 8h.01M8 8h.01M12.5 8h.01';

/** An item of a menu; one with `checked` is a check box. */
export interface MenuItem {
  label: string;
  checked?: () => boolean;
  action(): void;
}

/** A button with a menu of the less frequent actions of a chart. Arrows move between items, Escape closes it. */
export class ChartMenu {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly menu = h('div', { class: 'wnb-menu', role: 'menu', id: freshId(), hidden: true });
  private readonly closeOutside = (event: Event): void => {
    if (!this.element.contains(event.target as Node)) this.close();
  };

  constructor(title: string, private readonly items: MenuItem[]) {
    this.button = h('button', {
      class: 'wnb-tool wnb-menu-button', type: 'button', 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-controls': this.menu.id,
      'aria-label': `More actions for ${title}`, title: 'Log scale, outliers, save …', onclick: () => (this.menu.hidden ? this.open() : this.close()),
    }, icon(MENU_ICON));
    this.element = h('div', { class: 'wnb-menu-anchor' }, this.button, this.menu);
    this.element.addEventListener('keydown', (event) => this.handleKey(event));
  }

  /** Close the menu and remove its listener. */
  close(): void {
    this.menu.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', this.closeOutside, true);
  }

  private open(): void {
    this.menu.replaceChildren(...this.items.map((item) => this.createItem(item)));
    this.menu.hidden = false;
    this.button.setAttribute('aria-expanded', 'true');
    document.addEventListener('pointerdown', this.closeOutside, true);
    (this.menu.firstElementChild as HTMLElement).focus();
  }

  private createItem({ label, checked, action }: MenuItem): HTMLElement {
    return h('button', {
      type: 'button', class: 'wnb-menu-item', tabindex: -1, role: checked ? 'menuitemcheckbox' : 'menuitem', 'aria-checked': checked ? String(checked()) : null,
      onclick: () => {
        this.close();
        this.button.focus();
        action();
      },
    }, label);
  }

  private handleKey(event: KeyboardEvent): void {
    if (this.menu.hidden) return;
    const items = [...this.menu.children] as HTMLElement[];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const target = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: items.length - 1 }[event.key];
    if (target !== undefined) items[(target + items.length) % items.length]!.focus();
    else if (event.key === 'Escape') {
      this.close();
      this.button.focus();
    } else if (event.key === 'Tab') return this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
