import type { OverlaidRun } from '../model/overlay';
import type { ChartContext } from '../view/charts/view-state';
import type { Palette } from '../chart/palette';
import { colour, dash } from '../chart/palette';
import { h, setText, swatch } from '../view/dom';
import type { MediaFile, MediaRow, MediaSeries } from '../wire/messages';
import type { Picture } from './enlarged/picture-source';
import type { LayerChoices } from './layers/layer-choices';
import { MediaItem } from './media-item';
import type { MediaForm } from './media-kinds';
import { formOf, nameOf } from './media-kinds';
import { rowAt, stepText } from './media-steps';

/** Up to so many pictures share the height of their card. */
const MAX_LARGE = 4;
const SIGHT_MARGIN = '200px';

/** The media of one metric of one run at a step, in a grid. */
export class MediaColumn {
  readonly element: HTMLElement;
  readonly grid = h('div', { class: 'wnb-media', tabindex: 0, role: 'group' });
  /** What is shown. */
  row: MediaRow | undefined;
  private readonly head = h('div', { class: 'wnb-media-run', hidden: true });
  private readonly sight: IntersectionObserver;
  private items: MediaItem[] = [];
  private headText = '';
  private named = false;
  private palette: Palette | null = null;
  /** The pictures at a step, the same objects as long as these are shown. */
  private pictures: { row: MediaRow; pictures: Picture[] } | null = null;

  /** `open` shows the file at a place in a larger view. */
  constructor(readonly run: OverlaidRun, private readonly key: string, private readonly choices: LayerChoices, private readonly open: (index: number) => void) {
    this.element = h('div', { class: 'wnb-media-column' }, this.head, this.grid);
    this.sight = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: SIGHT_MARGIN });
  }

  get series(): MediaSeries | undefined {
    return this.run.data.media.find(({ key }) => key === this.key);
  }

  /** Show the media at `step`; the newest ones for null. With `named` the run is named, too. */
  update({ state, palette }: ChartContext, step: number | null, named: boolean): void {
    const { series } = this;
    this.grid.style.height = `${state.heightPx}px`;
    this.grid.setAttribute('aria-label', `Media of ${this.key}${named ? ` of ${this.run.label}` : ''}`);
    if (palette !== this.palette) for (const item of this.items) item.restyle();
    this.palette = palette;
    if (series?.labels) this.choices.label(series.labels);
    const row = series && rowAt(series, step);
    this.named = named;
    this.updateHead(row, named, colour(palette, this.run.style ?? 0));
    if (row === undefined || row === this.row) return;
    this.row = row;
    this.showFiles(row.files);
  }

  /** The place of the first picture; -1 without pictures. */
  get firstPicture(): number {
    return this.items.findIndex((item) => item.form === 'picture');
  }

  /** The file at a place, and how it is shown. */
  itemAt(index: number): { file: MediaFile; form: MediaForm } | undefined {
    const file = this.row?.files[index];
    return file && { file, form: formOf(file) };
  }

  /** The pictures at a step, as an enlarged view shows them. */
  picturesAt(step: number | null): Picture[] {
    const row = this.series && rowAt(this.series, step);
    if (row === undefined) return [];
    if (this.pictures?.row === row) return this.pictures.pictures;
    const origin = this.named ? `${this.run.label}, ${stepText(row)}` : stepText(row);
    const pictures = row.files.filter((file) => formOf(file) === 'picture').map((file): Picture => ({
      file, origin, files: this.run.data.mediaFiles, text: file.caption || `${nameOf(file)} ${this.key}`,
    }));
    if (row === this.row) this.pictures = { row, pictures };
    return pictures;
  }

  /** How many of the files before a place are pictures. */
  picturesBefore(index: number): number {
    return this.items.slice(0, index).filter(({ form }) => form === 'picture').length;
  }

  destroy(): void {
    this.sight.disconnect();
    for (const item of this.items) item.destroy();
    this.element.remove();
  }

  private updateHead(row: MediaRow | undefined, named: boolean, colourText: string): void {
    this.head.hidden = !named;
    const text = [this.run.label, row ? stepText(row) : 'no media', colourText].join('\n');
    if (!named || text === this.headText) return;
    this.headText = text;
    const step = h('span', { class: 'wnb-where' });
    setText(step, row ? stepText(row) : 'no media');
    this.head.replaceChildren(swatch(colourText, dash(this.run.style ?? 0)), h('span', { class: 'wnb-run-label' }, this.run.label), step);
  }

  /** Show each file in the item at its place, if that has the same form, so that pictures do not flicker. */
  private showFiles(files: readonly MediaFile[]): void {
    for (const item of this.items.splice(files.length)) this.dropItem(item);
    files.forEach((file, i) => {
      if (this.items[i]?.form !== formOf(file)) this.replaceItem(i, file, files.length);
      this.items[i]!.show(file);
    });
    const few = files.length <= MAX_LARGE && this.items.every(({ form }) => form === 'picture');
    this.grid.dataset.count = files.length === 1 ? 'one' : few ? 'few' : 'many';
  }

  private replaceItem(index: number, file: MediaFile, count: number): void {
    const label = count > 1 ? `${index + 1} of ${this.key}` : this.key;
    const context = { files: this.run.data.mediaFiles, choices: this.choices, enlarge: () => this.open(index) };
    const item = new MediaItem(formOf(file), context, label);
    const old = this.items[index];
    if (old) {
      old.element.before(item.element);
      this.dropItem(old);
    } else this.grid.append(item.element);
    this.items[index] = item;
    this.sight.observe(item.element);
  }

  private dropItem(item: MediaItem): void {
    this.sight.unobserve(item.element);
    item.destroy();
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const item = this.items.find(({ element }) => element === target);
      if (item) item.visible = isIntersecting;
    }
  }
}
