import { StepControl } from '../media/step-control';
import { mediaSteps } from '../media/media-steps';
import type { ChartGroup } from '../model/chart-groups';
import { formatNumber } from '../model/format';
import { RunTables } from '../tables/run-tables';
import type { RunTable } from '../tables/table-choice';
import { loadTable } from '../tables/table-store';
import type { TableData } from '../tables/table-data';
import { tableCsv } from '../tables/table-csv';
import { ENLARGE_ICON, TABLE_ICON } from '../view/charts/card-icons';
import type { Card } from '../view/charts/card';
import { savePicture, saveText } from '../view/charts/chart-export';
import { ChartMenu } from '../view/charts/chart-menu';
import type { ChartContext } from '../view/charts/view-state';
import { changeHeight } from '../view/charts/view-state';
import { freshId, h, icon, setText } from '../view/dom';
import type { PlotSource } from './build-plot';
import { buildPlot } from './build-plot';
import { plotSvg } from './draw-plot';
import { PlotLegend } from './plot-legend';
import type { Plot } from './plot-model';
import { builtInSpec } from './plot-specs';
import { PlotSurface, showText } from './plot-surface';
import type { PlottedRun } from './plotted-runs';
import { plottedRuns } from './plotted-runs';

const [ENLARGED_MARGIN_PX, TABLE_PX] = [110, 200];
const MISSING = 'The table of this chart is not available.';

/** A chart of `wandb.plot`, drawn from the table that each run logged for it. */
export class PlotCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status', hidden: true });
  private readonly hidden = new Set<string>();
  private readonly legend = new PlotLegend(this.hidden, () => this.draw());
  private readonly surface: PlotSurface;
  private readonly menu: ChartMenu;
  private readonly control: StepControl;
  private readonly tableButton: HTMLElement;
  private log = false;
  private wanted = '';
  private sources: (PlotSource & RunTable)[] = [];
  private tables: RunTables | null = null;
  private plot: Plot | null = null;
  private drawnState = '';

  /** `onEnlarge` opens an enlarged copy; null for that copy itself. */
  constructor(private readonly context: ChartContext, readonly group: ChartGroup, private readonly onEnlarge: (() => void) | null) {
    const { title } = group;
    this.surface = new PlotSurface(title, (text) => showText(this.position, text || this.stepText), (deltaPx) => this.resize(deltaPx), () => this.toggleLog());
    this.control = new StepControl(title, (index) => this.choose(index));
    this.menu = new ChartMenu(title, [
      { label: 'Log scale', checked: () => this.log, action: () => this.toggleLog() },
      { label: 'Save as PNG', action: () => void this.save('png') },
      { label: 'Save as SVG', action: () => void this.save('svg') },
      { label: 'Save as CSV', action: () => saveText(title, tableCsv(this.sources), 'csv') },
    ]);
    this.tableButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-expanded': 'false', 'aria-label': `Table of ${title}`, title: 'Show the table (T)', 'aria-keyshortcuts': 'T', onclick: () => this.toggleTable(),
    }, icon(TABLE_ICON));
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Chart ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position, this.tableButton, onEnlarge && this.enlargeButton(onEnlarge), this.menu.element),
      this.legend.element, this.note, this.surface.element, this.control.element);
  }

  update(): void {
    if (!this.visible || this.element.clientWidth === 0) return;
    this.control.update(this.steps, this.context.state.mediaStep);
    const runs = plottedRuns(this.context, this.group);
    const wanted = JSON.stringify(runs.map(({ run, header, files }) => [run.label, run.style, header, files.map(({ path }) => path)]));
    if (wanted !== this.wanted) {
      this.wanted = wanted;
      void this.load(runs);
    }
    this.draw();
  }

  focus(): void {
    this.surface.element.focus();
  }

  toggleTable(): void {
    this.tables ??= this.createTables();
    this.tables.element.hidden = !this.tables.element.hidden;
    this.tableButton.setAttribute('aria-expanded', String(!this.tables.element.hidden));
    this.element.classList.toggle('wnb-card-table', !this.tables.element.hidden);
    this.draw();
    this.updateTables();
  }

  toggleLog(): void {
    this.log = !this.log;
    this.draw();
  }

  enlarge(): void {
    this.onEnlarge?.();
  }

  destroy(): void {
    this.menu.close();
    this.tables?.destroy();
    this.control.stop();
    this.element.remove();
  }

  /** Load the tables of all runs and draw them together, unless others are wanted meanwhile. */
  private async load(runs: readonly PlottedRun[]): Promise<void> {
    const { wanted } = this;
    const loaded = await Promise.all(runs.map(({ run, files }) => loadTable(run.data.mediaFiles, files).catch(() => null)));
    if (this.wanted !== wanted) return;
    this.sources = runs.flatMap(({ run }, i) => (loaded[i] ? [{ label: run.label || run.data.run?.name || '', style: run.style ?? 0, table: loaded[i] as TableData, files: run.data.mediaFiles }] : []));
    const header = runs[0]?.header;
    const spec = header && builtInSpec(header.spec);
    this.plot = header && spec ? buildPlot(header, spec, this.sources) : null;
    const reason = this.sources.length === 0 ? MISSING : `Its table lacks the columns of a chart ${header?.spec ?? ''}.`;
    setText(this.note, runs.length > 0 && this.plot === null ? reason : '');
    this.note.hidden = this.note.textContent === '';
    if (this.note.textContent === MISSING) this.wanted = ''; // a later update tries again
    this.drawnState = '';
    this.updateTables();
    this.draw();
  }

  private createTables(): RunTables {
    const tables = new RunTables(this.group.title);
    tables.element.id = freshId();
    tables.element.hidden = true;
    this.tableButton.setAttribute('aria-controls', tables.element.id);
    this.control.element.before(tables.element);
    tables.resize(TABLE_PX);
    return tables;
  }

  private updateTables(): void {
    if (this.tables && !this.tables.element.hidden) this.tables.update(this.sources);
  }

  private draw(): void {
    this.surface.element.hidden = this.plot === null;
    this.legend.element.hidden = this.plot === null;
    if (this.plot === null) return;
    const { palette } = this.context;
    this.legend.update(this.plot, palette);
    const { clientWidth: width } = this.surface.element;
    const drawnState = JSON.stringify([width, this.heightPx, palette.ink, this.log, [...this.hidden], this.stepText]);
    if (width === 0 || drawnState === this.drawnState) return;
    this.drawnState = drawnState;
    this.surface.draw(this.plot, { width, height: this.heightPx, palette, log: this.log, hidden: this.hiddenSeries });
  }

  private async save(type: 'png' | 'svg'): Promise<void> {
    if (this.plot === null) return;
    await savePicture(this.group.title, plotSvg(this.group.title, this.plot, this.log, this.hiddenSeries), type);
  }

  private resize(deltaPx: number): void {
    changeHeight(this.context.state, deltaPx);
    this.context.redraw();
  }

  private choose(index: number): void {
    const { steps } = this;
    this.context.state.mediaStep = index >= steps.length - 1 ? null : (steps[index] ?? null);
    this.context.redraw();
  }

  private enlargeButton(onEnlarge: () => void): HTMLElement {
    return h('button', { class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${this.group.title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: onEnlarge }, icon(ENLARGE_ICON));
  }

  private get hiddenSeries(): ReadonlySet<number> {
    return new Set(this.plot?.series.flatMap(({ name }, i) => (this.hidden.has(name) ? [i] : [])));
  }

  private get heightPx(): number {
    const dialog = this.onEnlarge === null ? this.element.closest('dialog') : null;
    return dialog === null ? this.context.state.heightPx : Math.max(200, dialog.clientHeight - ENLARGED_MARGIN_PX);
  }

  /** All steps at which a run has media: one slider moves them all. */
  private get steps(): number[] {
    return mediaSteps(this.context.overlay.primaryRuns.flatMap(({ data }) => data.media));
  }

  private get stepText(): string {
    const { mediaStep } = this.context.state;
    return mediaStep === null || this.steps.length < 2 ? '' : `step ${formatNumber(mediaStep)}`;
  }
}
