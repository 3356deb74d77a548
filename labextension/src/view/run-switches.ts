import { colour, dash, PALETTES } from '../chart/palette';
import type { Theme } from '../chart/palette';
import { formatDuration, formatNumber } from '../model/format';
import type { OverlaidRun, Overlay } from '../model/overlay';
import { h, setText, swatch } from './dom';

/** The compared runs, each with a button that hides or shows its lines. */
export class RunSwitches {
  readonly element = h('ul', { class: 'wnb-runs', 'aria-label': 'Compared runs' });
  private readonly items = new Map<OverlaidRun, HTMLElement>();
  private content = '';

  constructor(private readonly overlay: Overlay, private readonly onToggle: () => void) {}

  update(theme: Theme): void {
    const { runs } = this.overlay;
    const content = runs.map((run) => `${run.style} ${run.label}`).join('\n') + theme;
    if (content !== this.content) this.rebuild(theme);
    this.content = content;
    for (const run of runs) this.updateItem(run);
  }

  private rebuild(theme: Theme): void {
    this.items.clear();
    for (const run of this.overlay.runs) this.items.set(run, this.createItem(run, theme));
    this.element.replaceChildren(...this.items.values());
  }

  private createItem(run: OverlaidRun, theme: Theme): HTMLElement {
    const button = h('button', {
      type: 'button', class: 'wnb-run-switch', title: 'Hide or show this run',
      onclick: () => {
        run.hidden = !run.hidden;
        this.onToggle();
      },
    }, swatch(colour(PALETTES[theme], run.style), dash(run.style)), h('span', { class: 'wnb-run-label' }, run.label));
    return h('li', {}, button, h('span', { class: 'wnb-run-fact' }));
  }

  private updateItem(run: OverlaidRun): void {
    const item = this.items.get(run)!;
    const info = run.data.run;
    item.firstElementChild!.setAttribute('aria-pressed', String(!run.hidden));
    setText(item.lastElementChild!, info ? [info.state, formatDuration(Math.floor(info.runtime)), `step ${formatNumber(info.step)}`].join(' · ') : 'waiting …');
  }
}
