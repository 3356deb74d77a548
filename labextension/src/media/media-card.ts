import type { ChartGroup } from '../model/chart-groups';
import { formatNumber } from '../model/format';
import type { OverlaidRun } from '../model/overlay';
import type { Card } from '../view/charts/card';
import type { ChartContext } from '../view/charts/view-state';
import { h, setText } from '../view/dom';
import type { MediaFile, MediaRow, MediaSeries } from '../wire/messages';
import { EnlargedPicture } from './enlarged-picture';
import { formOf, MediaItem, nameOf } from './media-items';
import { mediaSteps, rowAt, stepAfter } from './media-steps';
import { StepControl } from './step-control';

/** The media of one metric of one run at a step. All media of a view have the same step, whose slider is in each card. */
export class MediaCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly grid = h('div', { class: 'wnb-media', tabindex: 0, role: 'group' });
  private readonly control: StepControl;
  private items: MediaItem[] = [];
  private row: MediaRow | undefined;
  private enlarged: EnlargedPicture | null = null;
  private enlargedIndex = 0;

  constructor(private readonly context: ChartContext, readonly group: ChartGroup) {
    const { title } = group;
    this.control = new StepControl(title, (index) => this.choose(this.steps[index] ?? null));
    this.grid.setAttribute('aria-label', `Media of ${title}`);
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Media ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position), this.grid, this.control.element);
    this.grid.addEventListener('keydown', (event) => this.moveByKey(event));
  }

  update(): void {
    const { series, context } = this;
    if (!this.visible || series === undefined) return;
    this.grid.style.height = `${context.state.heightPx}px`;
    this.grid.hidden = this.run?.hidden ?? true;
    this.control.update(this.steps, context.state.mediaStep);
    const row = rowAt(series, context.state.mediaStep);
    setText(this.position, [row && stepText(row), series.n > series.rows.length ? `${series.rows.length} of ${formatNumber(series.n)} steps` : ''].filter(Boolean).join(' · '));
    if (row === undefined || row === this.row) return;
    this.row = row;
    this.showFiles(row.files);
    this.updateEnlarged();
  }

  focus(): void {
    this.grid.focus();
  }

  toggleTable(): void {
    // Media have no table.
  }

  toggleLog(): void {
    // Media have no scale.
  }

  enlarge(): void {
    const index = this.items.findIndex((item) => item.form === 'picture');
    if (index >= 0) this.open(index);
  }

  destroy(): void {
    this.control.stop();
    this.enlarged?.destroy();
    for (const item of this.items) item.destroy();
    this.element.remove();
  }

  /** Show each file in the item at its place, if that has the same form, so that pictures do not flicker. */
  private showFiles(files: readonly MediaFile[]): void {
    for (const item of this.items.splice(files.length)) item.destroy();
    files.forEach((file, i) => {
      if (this.items[i]?.form !== formOf(file)) this.replaceItem(i, file);
      this.items[i]!.show(file);
    });
    this.grid.dataset.count = files.length === 1 ? 'one' : 'many';
  }

  private replaceItem(index: number, file: MediaFile): void {
    const label = this.row!.files.length > 1 ? `${index + 1} of ${this.group.title}` : this.group.title;
    const item = new MediaItem(formOf(file), this.run!.data.mediaFiles, label, () => this.open(index));
    const old = this.items[index];
    if (old) old.element.replaceWith(item.element);
    else this.grid.append(item.element);
    old?.destroy();
    this.items[index] = item;
  }

  private open(index: number): void {
    const host = this.element.closest<HTMLElement>('.wnb') ?? this.element;
    this.enlargedIndex = index;
    this.enlarged = new EnlargedPicture(host, this.group.title, this.run!.data.mediaFiles, (event) => this.moveByKey(event), () => (this.enlarged = null));
    this.updateEnlarged();
  }

  private updateEnlarged(): void {
    const file = this.row?.files[this.enlargedIndex];
    if (this.row && file && formOf(file) === 'picture') void this.enlarged?.show(file, file.caption || `${nameOf(file)} ${this.group.title}`, stepText(this.row));
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

  private get series(): MediaSeries | undefined {
    return this.run?.data.media.find(({ key }) => key === this.group.keys[0]);
  }

  private get run(): OverlaidRun | undefined {
    return this.context.overlay.primaryRuns.find(({ data }) => data.run?.id === this.group.run);
  }
}

function stepText({ step }: MediaRow): string {
  return `step ${formatNumber(step)}`;
}
