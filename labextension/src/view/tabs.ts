import type { Theme } from '../chart/palette';
import { freshId, h } from './dom';
import { tabListKeys } from './keys';

export interface Tab {
  name: string;
  panel: HTMLElement;
  /** Whether there is something behind the tab; without this method, always. */
  available?(): boolean;
  /** Draw all changes; called while the tab is open. */
  update?(theme: Theme): void;
  destroy?(): void;
}

/** Tabs over panels, one of which is visible. */
export class Tabs {
  readonly list: HTMLElement;
  private readonly buttons: HTMLElement[];
  current = 0;

  constructor(private readonly tabs: Tab[], private readonly onChange: () => void) {
    this.buttons = tabs.map(({ name, panel }, i) => {
      panel.id = freshId();
      panel.setAttribute('role', 'tabpanel');
      const button = h('button', {
        class: 'wnb-tab', type: 'button', role: 'tab', id: freshId(), 'aria-controls': panel.id,
        onclick: () => this.select(i),
      }, name);
      panel.setAttribute('aria-labelledby', button.id);
      return button;
    });
    this.list = h('div', { class: 'wnb-tabs', role: 'tablist', 'aria-label': 'Views of the run' }, ...this.buttons);
    tabListKeys(this.buttons, (i) => this.select(i));
    this.updateState();
  }

  /** The open tab. */
  get open(): Tab {
    return this.tabs[this.current]!;
  }

  /** Hide the tabs that have nothing behind them; if the open one is among them, the first one opens. */
  updateAvailability(): void {
    this.tabs.forEach((tab, i) => (this.buttons[i]!.hidden = tab.available?.() === false));
    if (this.buttons[this.current]!.hidden) this.select(0);
  }

  private select(index: number): void {
    this.current = index;
    this.updateState();
    this.onChange();
  }

  private updateState(): void {
    this.tabs.forEach(({ panel }, i) => {
      panel.hidden = i !== this.current;
      this.buttons[i]!.setAttribute('aria-selected', String(i === this.current));
      this.buttons[i]!.tabIndex = i === this.current ? 0 : -1;
    });
  }
}
