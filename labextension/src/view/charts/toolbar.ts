import type { XMode } from '../../chart/lines';
import { freshId, h, setText } from '../dom';
import { filterBox } from './chart-grid';
import type { ChartContext } from './view-state';

/** The shared settings of all charts: x axis, smoothing, log scale, cells, and a button that resets the zoom. */
export class Toolbar {
  readonly element: HTMLElement;
  private readonly axis: HTMLSelectElement;
  private readonly smoothing = h('output', { class: 'wnb-share' }, '0');
  private readonly log: HTMLButtonElement;
  private readonly cells: HTMLButtonElement;
  private readonly dashes: HTMLButtonElement;
  private readonly reset: HTMLButtonElement;
  private readonly filter: ReturnType<typeof filterBox>;
  private metricOption = '';

  constructor(private readonly context: ChartContext) {
    const { state } = context;
    this.axis = h('select', {
      'aria-label': 'X axis',
      onchange: () => {
        state.mode = this.axis.value as XMode;
        state.modeChosen = true;
        context.redraw();
      },
    });
    const id = freshId();
    const slider = h('input', {
      id, type: 'range', min: 0, max: 0.99, step: 0.01, value: 0,
      oninput: () => {
        state.smoothing = Number(slider.value);
        context.redraw();
      },
    });
    this.log = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', 'aria-keyshortcuts': 'L', title: 'Logarithmic y axis of all charts (L)',
      onclick: () => this.toggleLog(),
    }, 'Log');
    this.cells = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'true', 'aria-keyshortcuts': 'C', hidden: true,
      title: 'Shade the notebook cells that logged the points (C)',
      onclick: () => this.toggleCells(),
    }, 'Cells');
    this.dashes = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', hidden: true, title: 'Distinguish lines by dashes besides colours',
      onclick: () => {
        state.dashes = !state.dashes;
        context.redraw();
      },
    }, 'Dashes');
    this.reset = h('button', {
      type: 'button', class: 'wnb-toggle', hidden: true, title: 'Show all points (or double-click a chart)',
      onclick: () => {
        state.zoom.clear();
        context.redraw();
      },
    }, 'Reset zoom');
    this.filter = filterBox(context);
    this.element = h('div', { class: 'wnb-toolbar', role: 'group', 'aria-label': 'Chart settings' },
      this.reset, this.filter.element,
      h('label', { class: 'wnb-control' }, 'X axis', this.axis),
      h('span', { class: 'wnb-control' }, h('label', { for: id }, 'Smoothing'), slider, this.smoothing), this.cells, this.dashes, this.log);
  }

  /** Add a control to the toolbar. */
  add(control: HTMLElement): void {
    this.log.before(control);
  }

  toggleLog(): void {
    const { state } = this.context;
    state.log = !state.log;
    for (const settings of state.charts.values()) settings.log = null;
    this.context.redraw();
  }

  toggleCells(): void {
    this.context.state.shadeCells = !this.context.state.shadeCells;
    this.context.redraw();
  }

  update(charts: number): void {
    const { state } = this.context;
    this.fillAxis();
    this.axis.value = state.mode;
    setText(this.smoothing, state.smoothing === 0 ? 'off' : state.smoothing.toFixed(2));
    this.log.setAttribute('aria-pressed', String(state.log));
    this.cells.setAttribute('aria-pressed', String(state.shadeCells));
    const { overlay } = this.context;
    this.dashes.setAttribute('aria-pressed', String(state.dashes));
    this.dashes.hidden = !overlay.isComparison && !overlay.sections().some((section) => section.charts.some((chart) => chart.keys.length > 1));
    this.cells.hidden = overlay.isComparison || !overlay.primaryRuns.some((run) => run.data.hasCells);
    this.reset.hidden = state.zoom.size === 0;
    this.filter.update(charts);
  }

  /** Offer the step metrics of the run, which are then the default. */
  private fillAxis(): void {
    const { overlay, state } = this.context;
    const metrics = [...new Set(overlay.primaryRuns.flatMap((run) => [...run.data.series.values()]).filter((one) => one.x).map((one) => one.stepMetric))];
    const name = metrics.length === 1 ? metrics[0]! : 'step metrics';
    if (!state.modeChosen) state.mode = metrics.length > 0 ? 'metric' : 'step';
    const key = metrics.length > 0 ? name : '';
    if (key === this.metricOption && this.axis.options.length > 0) return;
    this.metricOption = key;
    const choices: [XMode, string][] = [...(key ? [['metric', key] as [XMode, string]] : []), ['step', 'step'], ['time', 'time']];
    this.axis.replaceChildren(...choices.map(([value, label]) => h('option', { value }, label)));
  }
}
