import { colour, dash, PALETTES } from '../chart/palette';
import type { Theme } from '../chart/palette';
import { formatDuration, formatNumber } from '../model/format';
import type { OverlaidRun } from '../model/overlay';
import { h, setText, swatch } from './dom';
import type { OverlayFeeds } from './overlay-feeds';
import { StopButton } from './stop-button';

interface Item {
  element: HTMLElement;
  toggle: HTMLElement;
  facts: HTMLElement;
  stop: StopButton;
}

/** The compared runs, each with a button that hides or shows its lines, and one that stops its training. */
export class RunSwitches {
  readonly element = h('ul', { class: 'wnb-runs', 'aria-label': 'Compared runs' });
  private readonly items = new Map<OverlaidRun, Item>();
  private content = '';

  constructor(private readonly feeds: OverlayFeeds, private readonly onToggle: () => void) {}

  update(theme: Theme): void {
    const { runs } = this.feeds.overlay;
    const content = runs.map((run) => `${run.style} ${run.label}`).join('\n') + theme;
    if (content !== this.content) this.rebuild(theme);
    this.content = content;
    for (const run of runs) this.updateItem(run);
  }

  destroy(): void {
    for (const { stop } of this.items.values()) stop.destroy();
  }

  private rebuild(theme: Theme): void {
    this.destroy();
    this.items.clear();
    for (const run of this.feeds.overlay.runs) this.items.set(run, this.createItem(run, theme));
    this.element.replaceChildren(...[...this.items.values()].map(({ element }) => element));
  }

  private createItem(run: OverlaidRun, theme: Theme): Item {
    const toggle = h('button', {
      type: 'button', class: 'wnb-run-switch', title: 'Hide or show this run',
      onclick: () => {
        run.hidden = !run.hidden;
        this.onToggle();
      },
    }, swatch(colour(PALETTES[theme], run.style ?? 0), dash(run.style ?? 0)), h('span', { class: 'wnb-run-label' }, run.label));
    const facts = h('span', { class: 'wnb-run-fact' });
    const stop = new StopButton(this.feeds.feedOf(run), () => setText(facts, 'could not be stopped'));
    stop.element.setAttribute('aria-label', `Stop ${run.label}`);
    return { element: h('li', {}, toggle, facts, stop.element), toggle, facts, stop };
  }

  private updateItem(run: OverlaidRun): void {
    const { toggle, facts, stop } = this.items.get(run)!;
    const info = run.data.run;
    toggle.setAttribute('aria-pressed', String(!run.hidden));
    toggle.title = info?.name && info.name !== run.label ? `Hide or show the run ${info.name}` : 'Hide or show this run';
    setText(facts, info ? [info.state, `ran ${formatDuration(info.runtime)}`, `step ${formatNumber(info.step)}`].join(' · ') : 'waiting …');
    stop.update();
  }
}
