import { PALETTES } from '../chart/palette';
import type { Theme } from '../chart/palette';
import type { Overlay } from '../model/overlay';
import type { CardOwner } from './card';
import { freshId } from './dom';
import { Grid } from './grid';
import { letterKeys } from './keys';
import { initialState } from './state';
import { Toolbar } from './toolbar';

/** All charts of some runs, and the bar of what they share. */
export class Charts {
  readonly owner: CardOwner;
  readonly toolbar: Toolbar;
  readonly grid: Grid;

  constructor(overlay: Overlay, restyle: () => void) {
    this.owner = { overlay, state: initialState(), palette: PALETTES.light, group: freshId(), restyle };
    this.toolbar = new Toolbar(this.owner);
    this.grid = new Grid(this.owner);
  }

  /** Draw what is new; `shown` is false while another tab is open. */
  update(theme: Theme, shown: boolean): void {
    this.owner.palette = PALETTES[theme];
    this.toolbar.element.hidden = !shown;
    this.toolbar.update(this.grid.total);
    if (shown) this.grid.update();
  }

  /** Let the letters in the titles of the controls work anywhere in `root`. */
  listen(root: HTMLElement, more: Record<string, () => void> = {}): void {
    letterKeys(root, {
      l: () => this.toolbar.toggleLog(),
      c: () => this.toolbar.toggleCells(),
      t: (target) => this.grid.cardOf(target)?.toggleTable(),
      ...more,
    });
  }

  destroy(): void {
    this.grid.destroy();
  }
}
