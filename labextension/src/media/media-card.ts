import type { ChartGroup } from '../model/chart-groups';
import { formatNumber } from '../model/format';
import type { OverlaidRun } from '../model/overlay';
import type { Card } from '../view/charts/card';
import { ENLARGE_ICON } from '../view/charts/card-icons';
import type { ChartContext } from '../view/charts/view-state';
import { h, icon, setText } from '../view/dom';
import { EnlargedPicture } from './enlarged-picture';
import { LayerChoices } from './layers/layer-choices';
import { LayerLegend } from './layers/layer-legend';
import { MediaColumn } from './media-column';
import { formOf, nameOf } from './media-kinds';
import { mediaSteps, stepAfter, stepText } from './media-steps';
import { StepControl } from './step-control';

/**
 * The media of one metric at a step, one column for each run that is compared. All media of a view have the same step,
 * whose slider is in each card.
 */
export class MediaCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly columnsElement = h('div', { class: 'wnb-media-columns' });
  private readonly enlargeButton: HTMLElement;
  private readonly choices = new LayerChoices();
  private readonly legend: LayerLegend;
  private readonly control: StepControl;
  private columns: MediaColumn[] = [];
  private enlarged: EnlargedPicture | null = null;
  private enlargedColumn: MediaColumn | null = null;
  private enlargedIndex = 0;

  constructor(private readonly context: ChartContext, readonly group: ChartGroup) {
    const { title } = group;
    this.control = new StepControl(title, (index) => this.choose(this.steps[index] ?? null));
    this.legend = new LayerLegend(title, this.choices);
    this.choices.listen(() => this.legend.update());
    this.enlargeButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: () => this.enlarge(),
    }, icon(ENLARGE_ICON));
    this.element = h('article', { class: 'wnb-card wnb-media-card', 'aria-label': `Media ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position, this.enlargeButton),
      this.columnsElement, this.legend.element, this.control.element);
    this.columnsElement.addEventListener('keydown', (event) => this.moveByKey(event));
  }

  update(): void {
    if (!this.visible) return;
    const { context, steps } = this;
    const named = context.overlay.isComparison;
    this.showColumns();
    for (const column of this.columns) column.update(context, named);
    this.control.update(steps, context.state.mediaStep);
    this.enlargeButton.hidden = !this.columns.some(({ firstPicture }) => firstPicture >= 0);
    this.describePosition(named);
    this.legend.update();
    this.updateEnlarged();
  }

  focus(): void {
    this.columns[0]?.grid.focus();
  }

  toggleTable(): void {
    // Media have no table.
  }

  toggleLog(): void {
    // Media have no scale.
  }

  enlarge(): void {
    const column = this.columns.find(({ firstPicture }) => firstPicture >= 0);
    if (column) this.open(column, column.firstPicture);
  }

  destroy(): void {
    this.control.stop();
    this.enlarged?.destroy();
    for (const column of this.columns) column.destroy();
    this.element.remove();
  }

  /** Make the columns those of the visible runs, which keep theirs. */
  private showColumns(): void {
    const { runs } = this;
    if (runs.length === this.columns.length && runs.every((run, i) => run === this.columns[i]!.run)) return;
    const old = this.columns;
    this.columns = runs.map((run) => old.find((column) => column.run === run) ?? this.createColumn(run));
    for (const column of old) if (!this.columns.includes(column)) column.destroy();
    this.columnsElement.replaceChildren(...this.columns.map(({ element }) => element));
  }

  private createColumn(run: OverlaidRun): MediaColumn {
    const column: MediaColumn = new MediaColumn(run, this.group.keys[0]!, this.choices, (index) => this.open(column, index));
    return column;
  }

  private describePosition(named: boolean): void {
    const [column] = this.columns;
    const { row, series } = column ?? {};
    const sampled = series && series.n > series.rows.length ? `${series.rows.length} of ${formatNumber(series.n)} steps` : '';
    setText(this.position, named ? '' : [row && stepText(row), sampled].filter(Boolean).join(' · '));
  }

  private open(column: MediaColumn, index: number): void {
    const host = this.element.closest<HTMLElement>('.wnb') ?? this.element;
    this.enlargedColumn = column;
    this.enlargedIndex = index;
    const { mediaFiles } = column.run.data;
    this.enlarged = new EnlargedPicture(host, this.group.title, mediaFiles, this.choices, (event) => this.moveByKey(event), () => (this.enlarged = null));
    this.updateEnlarged();
  }

  private updateEnlarged(): void {
    const row = this.enlargedColumn?.row;
    const file = row?.files[this.enlargedIndex];
    if (row && file && formOf(file) === 'picture') void this.enlarged?.show(file, file.caption || `${nameOf(file)} ${this.group.title}`, stepText(row));
  }

  /** Left and right move by a step, Home and End to the first and the last; players keep their own keys. */
  private moveByKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).matches('audio, video')) return;
    const { steps } = this;
    const from = this.context.state.mediaStep;
    const moves: Record<string, () => number | null> = {
      ArrowLeft: () => stepAfter(steps, from, -1), ArrowRight: () => stepAfter(steps, from, 1),
      Home: () => stepAfter(steps, steps[0] ?? null, 0), End: () => null,
    };
    const move = moves[event.key];
    if (move === undefined || steps.length < 2) return;
    event.preventDefault();
    event.stopPropagation();
    this.control.stop();
    this.choose(move());
  }

  /** Choose the step of all media; the last one follows the run. */
  private choose(step: number | null): void {
    this.context.state.mediaStep = step === this.steps.at(-1) ? null : step;
    this.context.redraw();
  }

  private get steps(): number[] {
    return mediaSteps(this.context.overlay.primaryRuns.flatMap(({ data }) => data.media));
  }

  /** The runs whose media are shown: that of the card, else all that are compared and not hidden. */
  private get runs(): OverlaidRun[] {
    const { run, keys } = this.group;
    const candidates = this.context.overlay.primaryRuns.filter((one) => !one.hidden && one.data.media.some(({ key }) => key === keys[0]));
    return run === undefined ? candidates : candidates.filter(({ data }) => data.run?.id === run);
  }
}
