import type { Theme } from '../chart/palette';
import { freshId, h } from './dom';
import { rovingKeys } from './keys';

export interface Tab {
  name: string;
  panel: HTMLElement;
  /** Draw what is new; called while the tab is open. */
  update?(theme: Theme): void;
  destroy?(): void;
}

/** Tabs over panels, of which one shows. `chosen` is told which one it is now. */
export class Tabs {
  readonly list: HTMLElement;
  private readonly buttons: HTMLElement[];
  current = 0;

  constructor(private readonly tabs: Tab[], private readonly chosen: () => void) {
    this.buttons = tabs.map(({ name, panel }, i) => {
      panel.id = freshId();
      panel.setAttribute('role', 'tabpanel');
      const button = h('button', {
        class: 'wnb-tab', type: 'button', role: 'tab', id: freshId(), 'aria-controls': panel.id,
        onclick: () => this.choose(i),
      }, name);
      panel.setAttribute('aria-labelledby', button.id);
      return button;
    });
    this.list = h('div', { class: 'wnb-tabs', role: 'tablist', 'aria-label': 'Parts of the run' }, ...this.buttons);
    rovingKeys(this.buttons, (i) => this.choose(i));
    this.mark();
  }

  /** The tab that shows. */
  get open(): Tab {
    return this.tabs[this.current]!;
  }

  private choose(index: number): void {
    this.current = index;
    this.mark();
    this.chosen();
  }

  private mark(): void {
    this.tabs.forEach(({ panel }, i) => {
      panel.hidden = i !== this.current;
      this.buttons[i]!.setAttribute('aria-selected', String(i === this.current));
      this.buttons[i]!.tabIndex = i === this.current ? 0 : -1;
    });
  }
}
