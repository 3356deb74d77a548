import { mediaSteps } from '../media/media-steps';
import { StepControl } from '../media/step-control';
import type { ChartGroup } from '../model/chart-groups';
import type { Overlay } from '../model/overlay';
import { plottedRuns } from '../plots/plotted-runs';
import type { PlottedRun } from '../plots/plotted-runs';
import { RunTables } from '../tables/run-tables';
import type { RunTable } from '../tables/table-choice';
import { loadTable } from '../tables/table-store';
import { ENLARGE_ICON, TABLE_ICON } from '../view/charts/card-icons';
import type { Card } from '../view/charts/card';
import { savePicture } from '../view/charts/chart-export';
import { ChartMenu } from '../view/charts/chart-menu';
import type { ChartContext } from '../view/charts/view-state';
import { freshId, h, icon, setText } from '../view/dom';
import type { PlotHeader } from '../wire/messages';
import { specOfPlot } from './spec-source';
import { VegaElement } from './vega-element';
import { hasVega } from './vega-host';

const [TABLE_PX, ENLARGED_MARGIN_PX] = [200, 110];

/** A chart of the user's own Vega spec, drawn from the table that each run logged for it. */
export class VegaCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status', hidden: true });
  private readonly chart: VegaElement;
  private readonly box: HTMLElement;
  private readonly tables: RunTables;
  private readonly tableButton: HTMLElement;
  private readonly menu: ChartMenu;
  private readonly control: StepControl;
  private wanted = '';
  private sources: RunTable[] = [];

  /** `onEnlarge` opens an enlarged copy; null for that copy itself. */
  constructor(private readonly context: ChartContext, readonly group: ChartGroup, private readonly onEnlarge: (() => void) | null) {
    const { title } = group;
    this.chart = new VegaElement(title, (reason) => this.showNote(`This chart cannot be drawn: ${reason}`));
    this.box = h('div', { class: 'wnb-vega-box', tabindex: 0, role: 'group', 'aria-label': title }, this.chart.element);
    this.tables = new RunTables(title);
    this.tables.element.id = freshId();
    this.tables.element.hidden = true;
    this.tableButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-expanded': 'false', 'aria-controls': this.tables.element.id, 'aria-label': `Table of ${title}`, title: 'Show the table (T)',
      'aria-keyshortcuts': 'T', onclick: () => this.toggleTable(),
    }, icon(TABLE_ICON));
    this.menu = new ChartMenu(title, [{ label: 'Save as PNG', action: () => void this.save('png') }, { label: 'Save as SVG', action: () => void this.save('svg') }]);
    this.control = new StepControl(title, (index) => this.choose(index));
    const enlarge = onEnlarge && h('button', { class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: onEnlarge }, icon(ENLARGE_ICON));
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Chart ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), h('span', { class: 'wnb-where' }), this.tableButton, enlarge, this.menu.element),
      this.note, this.box, this.tables.element, this.control.element);
  }

  update(): void {
    if (!this.visible || this.element.clientWidth === 0) return;
    const { state, palette } = this.context;
    this.box.style.height = `${this.heightPx}px`;
    this.tables.resize(TABLE_PX);
    this.control.update(this.steps, state.mediaStep);
    const runs = plottedRuns(this.context, this.group);
    const wanted = JSON.stringify([palette.ink, this.heightPx, Math.round(this.element.clientWidth / 20), runs.map(({ run, header, files }) => [run.label, header, files.map(({ path }) => path)])]);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    void this.load(runs);
  }

  focus(): void {
    this.box.focus();
  }

  toggleTable(): void {
    this.tables.element.hidden = !this.tables.element.hidden;
    this.tableButton.setAttribute('aria-expanded', String(!this.tables.element.hidden));
    this.element.classList.toggle('wnb-card-table', !this.tables.element.hidden);
    if (!this.tables.element.hidden) this.tables.update(this.sources);
  }

  toggleLog(): void {
    // The spec has the scale.
  }

  enlarge(): void {
    this.onEnlarge?.();
  }

  destroy(): void {
    this.menu.close();
    this.control.stop();
    this.chart.destroy();
    this.tables.destroy();
    this.element.remove();
  }

  /** Load the tables of all runs and draw them together, unless others are wanted meanwhile. */
  private async load(runs: readonly PlottedRun[]): Promise<void> {
    const { wanted } = this;
    const loaded = await Promise.all(runs.map(({ run, files }) => loadTable(run.data.mediaFiles, files).catch(() => null)));
    if (this.wanted !== wanted) return;
    this.sources = runs.flatMap(({ run }, i): RunTable[] => (loaded[i] ? [{ label: run.label || run.data.run?.name || '', table: loaded[i], files: run.data.mediaFiles }] : []));
    if (!this.tables.element.hidden) this.tables.update(this.sources);
    this.showNote('');
    if (this.sources.length === 0) return this.showNote(runs.length > 0 ? 'The table of this chart is not available.' : '');
    await this.draw(runs[0]!.header);
  }

  private async draw(header: PlotHeader): Promise<void> {
    const spec = specOfPlot(header, this.sources);
    if (spec !== null && hasVega()) return this.chart.draw(spec);
    this.showNote(spec === null ? 'The spec of this chart is not JSON.' : 'This chart is drawn in JupyterLab and on the pages of the server. Here is its table.');
    if (this.tables.element.hidden) this.toggleTable();
  }

  private showNote(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
    this.box.hidden = text !== '';
  }

  private async save(type: 'png' | 'svg'): Promise<void> {
    const markup = await this.chart.toSvg();
    const [, width, height] = /width="([\d.]+)" height="([\d.]+)"/.exec(markup ?? '') ?? [];
    if (markup !== null) await savePicture(this.group.title, { markup, width: Number(width ?? 600), height: Number(height ?? 400) }, type);
  }

  private choose(index: number): void {
    const { steps } = this;
    this.context.state.mediaStep = index >= steps.length - 1 ? null : (steps[index] ?? null);
    this.context.redraw();
  }

  private get heightPx(): number {
    const dialog = this.onEnlarge === null ? this.element.closest('dialog') : null;
    return dialog === null ? this.context.state.heightPx + 40 : Math.max(200, dialog.clientHeight - ENLARGED_MARGIN_PX);
  }

  private get steps(): number[] {
    return mediaSteps(this.context.overlay.primaryRuns.flatMap(({ data }) => data.media));
  }
}

/** Whether a chart brings its own spec. */
export function isVegaPlot({ primaryRuns }: Overlay, { plot: name }: ChartGroup): boolean {
  return primaryRuns.some(({ data }) => data.plots.some(({ key, vega }) => key === name && vega !== undefined));
}
