import type { XMode } from '../model/lines';
import type { CardOwner } from './card';
import { freshId, h, setText } from './dom';
import { filterBox } from './grid';

/** What all charts share: the x axis, smoothing, log scale, and the way back from a zoom. */
export class Toolbar {
  readonly element: HTMLElement;
  private readonly axis: HTMLSelectElement;
  private readonly share = h('output', { class: 'wnb-share' }, '0');
  private readonly log: HTMLButtonElement;
  private readonly cells: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly filter: ReturnType<typeof filterBox>;
  private options = '';

  constructor(private readonly owner: CardOwner) {
    const { state } = owner;
    this.axis = h('select', {
      'aria-label': 'X axis',
      onchange: () => {
        state.mode = this.axis.value as XMode;
        state.chosen = true;
        owner.restyle();
      },
    });
    const id = freshId();
    const slider = h('input', {
      id, type: 'range', min: 0, max: 0.99, step: 0.01, value: 0,
      oninput: () => {
        state.smoothing = Number(slider.value);
        owner.restyle();
      },
    });
    this.log = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', 'aria-keyshortcuts': 'L', title: 'Logarithmic y axis (L)',
      onclick: () => this.toggleLog(),
    }, 'Log');
    this.cells = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'true', 'aria-keyshortcuts': 'C', hidden: true,
      title: 'Shade the notebook cells that logged the points (C); click a point to see its cell',
      onclick: () => this.toggleCells(),
    }, 'Cells');
    this.reset = h('button', {
      type: 'button', class: 'wnb-toggle', hidden: true, title: 'Show all points again (or double-click a chart)',
      onclick: () => {
        state.zoom.clear();
        owner.restyle();
      },
    }, 'Reset zoom');
    this.filter = filterBox(owner);
    this.element = h('div', { class: 'wnb-toolbar', role: 'group', 'aria-label': 'Chart settings' },
      this.reset, this.filter.element,
      h('label', { class: 'wnb-control' }, 'X axis', this.axis),
      h('span', { class: 'wnb-control' }, h('label', { for: id }, 'Smoothing'), slider, this.share), this.cells, this.log);
  }

  /** Put a control of the view beside the others. */
  add(control: HTMLElement): void {
    this.log.before(control);
  }

  toggleLog(): void {
    this.owner.state.log = !this.owner.state.log;
    this.owner.restyle();
  }

  toggleCells(): void {
    this.owner.state.bands = !this.owner.state.bands;
    this.owner.restyle();
  }

  update(charts: number): void {
    const { state } = this.owner;
    this.fillAxis();
    this.axis.value = state.mode;
    setText(this.share, state.smoothing === 0 ? 'off' : state.smoothing.toFixed(2));
    this.log.setAttribute('aria-pressed', String(state.log));
    this.cells.setAttribute('aria-pressed', String(state.bands));
    const { overlay } = this.owner;
    this.cells.hidden = overlay.compares || !overlay.equals.some((run) => run.data.hasCells);
    this.reset.hidden = state.zoom.size === 0;
    this.filter.update(charts);
  }

  /** Offer the step metrics of the run, which are then the first choice. */
  private fillAxis(): void {
    const { overlay, state } = this.owner;
    const metrics = [...new Set(overlay.equals.flatMap((run) => [...run.data.series.values()]).filter((one) => one.x).map((one) => one.stepMetric))];
    const name = metrics.length === 1 ? metrics[0]! : 'step metrics';
    if (!state.chosen) state.mode = metrics.length > 0 ? 'metric' : 'step';
    const key = metrics.length > 0 ? name : '';
    if (key === this.options && this.axis.options.length > 0) return;
    this.options = key;
    const choices: [XMode, string][] = [...(key ? [['metric', key] as [XMode, string]] : []), ['step', 'step'], ['time', 'time']];
    this.axis.replaceChildren(...choices.map(([value, label]) => h('option', { value }, label)));
  }
}
