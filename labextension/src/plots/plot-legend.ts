import type { Palette } from '../chart/palette';
import { colour, dash } from '../chart/palette';
import { h, swatch } from '../view/dom';
import type { Plot } from './plot-model';

/** The legend of a plot with several series. A click hides or shows one; with Shift it shows only this one. */
export class PlotLegend {
  readonly element = h('div', { class: 'wnb-legend' });
  private content = '';

  constructor(private readonly hidden: Set<string>, private readonly changed: () => void) {}

  update({ series }: Plot, palette: Palette): void {
    this.element.hidden = series.length < 2;
    const content = JSON.stringify([series.map(({ name, style }) => [name, style, this.hidden.has(name)]), palette.ink]);
    if (content === this.content) return;
    this.content = content;
    const focused = [...this.element.children].indexOf(document.activeElement!);
    this.element.replaceChildren(...series.map(({ name, style, dash: pattern }) => h('button', {
      type: 'button', class: 'wnb-entry', 'aria-pressed': String(!this.hidden.has(name)), title: `${name}\nClick to hide or show, Shift+click to show only this`,
      onclick: (event: MouseEvent) => this.toggle(name, series.map((one) => one.name), event.shiftKey),
    }, swatch(colour(palette, style), dash(pattern)), h('span', { class: 'wnb-name' }, name))));
    (this.element.children[focused] as HTMLElement | undefined)?.focus();
  }

  /** Hide or show one; with `only` show it alone, or all if it is alone already. */
  private toggle(name: string, all: readonly string[], only: boolean): void {
    const isAlone = !this.hidden.has(name) && all.every((one) => one === name || this.hidden.has(one));
    if (!only) this.hidden.delete(name) || this.hidden.add(name);
    else {
      this.hidden.clear();
      if (!isAlone) for (const one of all) if (one !== name) this.hidden.add(one);
    }
    this.changed();
  }
}
