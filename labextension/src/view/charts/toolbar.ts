import type { Axis } from '../../model/axes';
import { axisMetrics, metricAxis, unitOf } from '../../model/axes';
import { freshId, h, setText } from '../dom';
import { filterBox } from './chart-grid';
import type { ChartContext } from './view-state';

const MAX_AXIS_METRICS = 200;
const MAX_CHECKED_CHARTS = 24;

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
  private axisOptions = '';

  constructor(private readonly context: ChartContext) {
    const { state } = context;
    this.axis = h('select', {
      'aria-label': 'X axis',
      onchange: () => {
        state.axis = this.axis.value as Axis;
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
    this.axis.value = state.axis;
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

  /** Offer the own axis of each chart, step, time, and all logged metrics. */
  private fillAxis(): void {
    const { overlay, state } = this.context;
    const metrics = axisMetrics(overlay);
    const chosen = state.axis.startsWith('metric ') ? [state.axis.slice('metric '.length)] : [];
    const names = [...new Set([...metrics.slice(0, MAX_AXIS_METRICS), ...chosen])];
    const automatic = this.automaticLabel();
    const options = JSON.stringify([names, automatic]);
    if (options === this.axisOptions) return;
    this.axisOptions = options;
    const option = (value: Axis, label: string): HTMLElement => h('option', { value }, label);
    this.axis.replaceChildren(option('auto', automatic), option('step', 'step'), option('time', 'time'),
      h('optgroup', { label: 'Metrics' }, ...names.map((name) => option(metricAxis(name).id, name))));
  }

  /** Which axes the charts have if none is chosen. */
  private automaticLabel(): string {
    const { overlay } = this.context;
    const charts = overlay.sections().flatMap((section) => section.charts).slice(0, MAX_CHECKED_CHARTS);
    const labels = [...new Set(charts.map((chart) => unitOf(overlay, chart, 'auto').label))];
    return labels.length <= 2 ? `auto (${labels.join(', ') || 'step'})` : 'auto (by chart)';
  }
}
