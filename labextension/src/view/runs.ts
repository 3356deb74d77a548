import { colour, dash, PALETTES } from '../chart/palette';
import type { Theme } from '../chart/palette';
import { duration, number } from '../model/format';
import type { OverlaidRun, Overlay } from '../model/overlay';
import { h, setText, swatch } from './dom';

/** The compared runs, each a switch that takes its lines out of the charts and back. */
export class RunList {
  readonly element = h('ul', { class: 'wnb-runs', 'aria-label': 'Compared runs' });
  private readonly items = new Map<OverlaidRun, HTMLElement>();
  private shown = '';

  constructor(private readonly overlay: Overlay, private readonly switched: () => void) {}

  update(theme: Theme): void {
    const { runs } = this.overlay;
    const shown = runs.map((run) => `${run.style} ${run.label}`).join('\n') + theme;
    if (shown !== this.shown) this.lay(theme);
    this.shown = shown;
    for (const run of runs) this.refresh(run);
  }

  private lay(theme: Theme): void {
    this.items.clear();
    for (const run of this.overlay.runs) this.items.set(run, this.item(run, theme));
    this.element.replaceChildren(...this.items.values());
  }

  private item(run: OverlaidRun, theme: Theme): HTMLElement {
    const button = h('button', {
      type: 'button', class: 'wnb-run-switch', title: 'Take the lines of this run out of the charts, and back',
      onclick: () => {
        run.hidden = !run.hidden;
        this.switched();
      },
    }, swatch(colour(PALETTES[theme], run.style), dash(run.style)), h('span', { class: 'wnb-run-label' }, run.label));
    return h('li', {}, button, h('span', { class: 'wnb-run-fact' }));
  }

  private refresh(run: OverlaidRun): void {
    const item = this.items.get(run)!;
    const facts = run.data.run;
    item.firstElementChild!.setAttribute('aria-pressed', String(!run.hidden));
    setText(item.lastElementChild!, facts ? [facts.state, duration(Math.floor(facts.runtime)), `step ${number(facts.step)}`].join(' · ') : 'waiting …');
  }
}
