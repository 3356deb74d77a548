import { mediaSteps, rowAt } from '../media/media-steps';
import { StepControl } from '../media/step-control';
import type { ChartGroup } from '../model/chart-groups';
import { formatNumber } from '../model/format';
import type { OverlaidRun, Overlay } from '../model/overlay';
import type { Card } from '../view/charts/card';
import { ENLARGE_ICON } from '../view/charts/card-icons';
import type { ChartContext } from '../view/charts/view-state';
import { builtInSpec } from '../plots/plot-specs';
import { h, icon, setText } from '../view/dom';
import type { MediaFile, MediaSeries } from '../wire/messages';
import { RunTables } from './run-tables';
import type { RunTable } from './table-choice';
import { isTable, loadTable, tableFiles } from './table-store';

const [EXTRA_PX, ENLARGED_MARGIN_PX] = [120, 120];
const MAX_UNASKED_BYTES = 32 * 2 ** 20;
const MISSING = 'This table is not available.';

/** A table of the chosen step; of several runs one of theirs, or two joined by a key. */
export class TableCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status', hidden: true });
  private readonly tables: RunTables;
  private readonly control: StepControl;
  private wanted = '';
  private asked = false;
  private pages = 1;

  /** `onEnlarge` opens an enlarged copy; null for that copy itself. */
  constructor(private readonly context: ChartContext, readonly group: ChartGroup, private readonly onEnlarge: (() => void) | null) {
    const { title } = group;
    this.tables = new RunTables(title, () => this.loadMore());
    this.control = new StepControl(title, (index) => this.choose(index));
    this.element = h('article', { class: 'wnb-card wnb-card-table', 'aria-label': `Table ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position, onEnlarge && this.enlargeButton(onEnlarge)),
      this.note, this.tables.element, this.control.element);
  }

  update(): void {
    if (!this.visible || this.element.clientWidth === 0) return;
    this.control.update(this.steps, this.context.state.mediaStep);
    this.tables.resize(this.heightPx);
    const runs = this.runs();
    const wanted = JSON.stringify([this.pages, ...runs.map(({ run, files }) => [run.label, files.map(({ path }) => path)])]);
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    setText(this.position, this.positionText(runs));
    const bytes = runs.reduce((sum, { files }) => sum + files.reduce((all, { size }) => all + (size ?? 0), 0), 0);
    if (bytes > MAX_UNASKED_BYTES && !this.asked) this.ask(runs, bytes);
    else void this.load(runs);
  }

  focus(): void {
    this.tables.focus();
  }

  toggleTable(): void {
    // It is a table.
  }

  toggleLog(): void {
    // A table has no scale.
  }

  enlarge(): void {
    this.onEnlarge?.();
  }

  destroy(): void {
    this.control.stop();
    this.tables.destroy();
    this.element.remove();
  }

  /** Load the tables of all runs, unless others are wanted meanwhile. Those of the previous step stay until then. */
  private async load(runs: readonly { run: OverlaidRun; files: MediaFile[] }[]): Promise<void> {
    const { wanted } = this;
    const tables = await Promise.all(runs.map(({ run, files }) => loadTable(run.data.mediaFiles, files, this.pages).catch(() => null)));
    if (this.wanted !== wanted) return;
    const loaded = runs.flatMap(({ run }, i): RunTable[] => (tables[i] ? [{ label: run.label || run.data.run?.name || '', table: tables[i], files: run.data.mediaFiles }] : []));
    this.showNote(loaded.length > 0 ? this.chartNote : runs.length > 0 ? MISSING : '');
    if (loaded.length === 0) this.wanted = ''; // a later update tries again
    this.tables.update(loaded);
  }

  private loadMore(): void {
    this.pages += 1;
    this.update();
  }

  private ask(runs: readonly { run: OverlaidRun; files: MediaFile[] }[], bytes: number): void {
    const start = (): void => {
      this.asked = true;
      void this.load(runs);
    };
    this.tables.element.hidden = true;
    this.note.hidden = false;
    this.note.replaceChildren(h('button', { class: 'wnb-toggle', type: 'button', onclick: start }, `Load ${formatNumber(Math.round(bytes / 1e6))} MB`));
  }

  /** About a chart of this table that only W&B's server can draw. */
  private get chartNote(): string {
    const plots = this.context.overlay.primaryRuns.flatMap(({ data }) => data.plots);
    const plot = plots.find(({ table, spec }) => table === this.group.keys[0] && builtInSpec(spec) === undefined);
    return plot ? `The chart ${plot.spec} of this table is defined on W&B's server only.` : '';
  }

  private showNote(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
  }

  private choose(index: number): void {
    const { steps } = this;
    this.context.state.mediaStep = index >= steps.length - 1 ? null : (steps[index] ?? null);
    this.context.redraw();
  }

  private positionText(runs: readonly { series: MediaSeries }[]): string {
    if (runs.length !== 1) return '';
    const { series } = runs[0]!;
    const step = rowAt(series, this.context.state.mediaStep)?.step;
    return [step === undefined ? '' : `step ${formatNumber(step)}`, series.n > series.rows.length ? `${series.rows.length} of ${formatNumber(series.n)} steps` : ''].filter(Boolean).join(' · ');
  }

  private enlargeButton(onEnlarge: () => void): HTMLElement {
    return h('button', { class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${this.group.title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: onEnlarge }, icon(ENLARGE_ICON));
  }

  /** The visible runs with this table, and the files of it at the chosen step. */
  private runs(): { run: OverlaidRun; series: MediaSeries; files: MediaFile[] }[] {
    return this.context.overlay.primaryRuns.flatMap((run) => {
      const series = run.data.media.find(({ key }) => key === this.group.keys[0]);
      const files = series ? tableFiles(series, this.context.state.mediaStep) : [];
      return series && files.length > 0 && !run.hidden ? [{ run, series, files }] : [];
    });
  }

  private get heightPx(): number {
    const dialog = this.onEnlarge === null ? this.element.closest('dialog') : null;
    return dialog === null ? this.context.state.heightPx + EXTRA_PX : Math.max(200, dialog.clientHeight - ENLARGED_MARGIN_PX);
  }

  private get steps(): number[] {
    return mediaSteps(this.context.overlay.primaryRuns.flatMap(({ data }) => data.media));
  }
}

/** Whether the media of a card are a table. */
export function isTableGroup(overlay: Overlay, { keys }: ChartGroup): boolean {
  const newest = overlay.primaryRuns.map(({ data }) => data.media.find(({ key }) => key === keys[0])?.rows.at(-1)?.files);
  return newest.some((files) => files?.length === 1 && isTable(files[0]!));
}
