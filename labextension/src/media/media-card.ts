import type { ChartGroup } from '../model/chart-groups';
import { formatNumber } from '../model/format';
import type { OverlaidRun } from '../model/overlay';
import type { Card } from '../view/charts/card';
import { ENLARGE_ICON } from '../view/charts/card-icons';
import type { ChartContext } from '../view/charts/view-state';
import { h, icon, setText } from '../view/dom';
import { EnlargedItem } from './enlarged/enlarged-item';
import { EnlargedPicture } from './enlarged/enlarged-picture';
import type { Candidate, Picture, PictureSource } from './enlarged/picture-source';
import { LayerChoices } from './layers/layer-choices';
import { LayerLegend } from './layers/layer-legend';
import { MediaColumn } from './media-column';
import type { MediaForm } from './media-kinds';
import { mediaSteps, stepAfter, stepText } from './media-steps';
import { StepControl } from './step-control';

/** So many pictures before the last one that is here, the next ones are requested. */
const AHEAD = 20;
/** Besides pictures, what is worth more room. */
const ENLARGEABLE: ReadonlySet<MediaForm> = new Set(['solid', 'figure', 'page', 'video']);

/**
 * The media of one metric at a step, one column for each run that is compared. All media of a view have the same step,
 * whose slider is in each card.
 */
export class MediaCard implements Card, PictureSource {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly columnsElement = h('div', { class: 'wnb-media-columns' });
  private readonly enlargeButton: HTMLElement;
  readonly choices = new LayerChoices();
  private readonly legend: LayerLegend;
  private readonly control: StepControl;
  private columns: MediaColumn[] = [];
  private enlarged: EnlargedPicture | null = null;
  private enlargedItem: { item: EnlargedItem; column: MediaColumn } | null = null;
  private readonly stopListening: () => void;

  constructor(private readonly context: ChartContext, readonly group: ChartGroup) {
    const { title } = group;
    this.control = new StepControl(title, (index) => this.choose(this.steps[index] ?? null));
    this.legend = new LayerLegend(title, this.choices);
    this.choices.listen(() => this.legend.update());
    this.stopListening = context.stepCursor.listen(() => this.update());
    this.enlargeButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: () => this.enlarge(),
    }, icon(ENLARGE_ICON));
    this.element = h('article', { class: 'wnb-card wnb-media-card', 'aria-label': `Media ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position, this.enlargeButton),
      this.columnsElement, this.legend.element, this.control.element);
    this.columnsElement.addEventListener('keydown', (event) => this.handleKey(event));
  }

  update(): void {
    if (!this.visible) return;
    const { context, steps } = this;
    const named = context.overlay.isComparison;
    this.showColumns();
    const isLarge = this.columns.every((column) => column.isLargeAt(this.step)); // so that pictures of all runs have one size
    for (const column of this.columns) column.update(context, this.step, named, isLarge);
    this.control.update(steps, this.step);
    this.enlargeButton.hidden = !this.columns.some((column) => column.firstPicture >= 0 || ENLARGEABLE.has(column.itemAt(0)?.form ?? 'other'));
    this.describePosition(named);
    this.legend.update();
    this.enlarged?.update();
    this.updateItem();
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
    else if (this.columns[0]) this.openItem(this.columns[0]);
  }

  destroy(): void {
    this.control.stop();
    this.stopListening();
    this.enlarged?.destroy();
    this.enlargedItem?.item.destroy();
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
    setText(this.position, named ? '' : [row && stepText(row), sampled, column?.partText].filter(Boolean).join(' · '));
  }

  get title(): string {
    return this.group.title;
  }

  pictures(): Picture[] {
    return this.columns.flatMap((column) => column.picturesAt(this.step));
  }

  get total(): number {
    return this.columns.reduce((sum, column) => sum + column.picturesAt(this.step).length + column.missingCount, 0);
  }

  loadAround(place: number): void {
    const column = this.columnOf(place);
    const end = this.columns.slice(0, this.columns.indexOf(column!) + 1).reduce((sum, one) => sum + one.picturesAt(this.step).length, 0);
    if (place >= end - AHEAD) column?.loadMore();
  }

  candidates(place: number): Candidate[] {
    const column = this.columnOf(place);
    if (column === undefined) return [];
    const index = column.picturesAt(this.step).indexOf(this.pictures()[place]!);
    const at = (one: MediaColumn, step: number | null, offset = 0): Picture | null => one.picturesAt(step).at(index + offset) ?? null;
    const { steps } = this;
    const others = this.columns.filter((one) => one !== column).map((one) => ({ name: one.run.label, picture: at(one, this.step) }));
    const earlier = [{ name: 'previous step', picture: at(column, previousStep(column, this.step)) }, { name: 'first step', picture: at(column, steps[0] ?? null) }];
    const siblings = [{ name: 'next picture', picture: column.picturesAt(this.step)[index + 1] ?? null }, { name: 'previous picture', picture: index > 0 ? at(column, this.step, -1) : null }];
    return [...others, ...(steps.length > 1 ? earlier : []), ...(this.pictures().length > 1 ? siblings : [])];
  }

  closed(): void {
    this.enlarged = null;
    this.element.append(this.control.element);
  }

  private columnOf(place: number): MediaColumn | undefined {
    let end = 0;
    return this.columns.find((column) => place < (end += column.picturesAt(this.step).length));
  }

  private open(column: MediaColumn, index: number): void {
    const host = this.element.closest<HTMLElement>('.wnb') ?? this.element;
    const before = this.columns.slice(0, this.columns.indexOf(column)).reduce((sum, one) => sum + one.picturesAt(this.step).length, 0);
    const place = before + column.picturesBefore(index);
    this.enlarged = new EnlargedPicture(host, this, place, this.control.element);
  }

  /** Show the first file of a column large. */
  private openItem(column: MediaColumn): void {
    const form = column.itemAt(0)?.form;
    if (form === undefined || !ENLARGEABLE.has(form)) return;
    const host = this.element.closest<HTMLElement>('.wnb') ?? this.element;
    const context = { files: column.run.data.mediaFiles, choices: this.choices };
    this.enlargedItem = { column, item: new EnlargedItem(host, this.title, form, context, (event) => this.moveByKey(event), () => (this.enlargedItem = null)) };
    this.updateItem();
  }

  private updateItem(): void {
    const file = this.enlargedItem?.column.itemAt(0)?.file;
    if (file) this.enlargedItem!.item.show(file);
  }

  /** Left and right move by a step, Home and End to the first and the last; players keep their own keys. */
  moveByKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).matches('audio, video, .wnb-wave, .wnb-orbit')) return;
    const { steps, step: from } = this;
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

  /** What does not move through the steps moves through the items of a column. */
  private handleKey(event: KeyboardEvent): void {
    this.moveByKey(event);
    const column = this.columns.find(({ element }) => element.contains(event.target as Element));
    if (!event.defaultPrevented) column?.grid.handleKey(event);
  }

  /** Choose the step of all media; the last one follows the run. */
  private choose(step: number | null): void {
    this.context.state.mediaStep = step === this.steps.at(-1) ? null : step;
    this.context.stepCursor.mark(step ?? this.steps.at(-1) ?? 0);
    this.context.redraw();
  }

  /** The step at the charts' cursor, else the chosen one; null for the newest. */
  private get step(): number | null {
    return this.context.stepCursor.step ?? this.context.state.mediaStep;
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

/** The step of the media before those that are shown at `step`. */
function previousStep({ series }: MediaColumn, step: number | null): number | null {
  const rows = series?.rows ?? [];
  const at = step === null ? rows.length - 1 : rows.findLastIndex((row) => row.step <= step);
  return rows[Math.max(0, at - 1)]?.step ?? null;
}
