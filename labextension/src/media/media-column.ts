import { formatNumber } from '../model/format';
import type { OverlaidRun } from '../model/overlay';
import type { ChartContext } from '../view/charts/view-state';
import type { Palette } from '../chart/palette';
import { colour, dash } from '../chart/palette';
import { h, swatch } from '../view/dom';
import type { MediaFile, MediaRow, MediaSeries } from '../wire/messages';
import type { Picture } from './enlarged/picture-source';
import type { LayerChoices } from './layers/layer-choices';
import { isLargeValue, MediaGrid } from './media-grid';
import { MediaItem } from './media-item';
import type { MediaForm } from './media-kinds';
import { formOf, nameOf } from './media-kinds';
import { rowAt, stepText } from './media-steps';

/** The media of one metric of one run at a step, in a grid. */
export class MediaColumn {
  readonly element: HTMLElement;
  readonly grid: MediaGrid;
  /** What is shown. */
  row: MediaRow | undefined;
  private readonly head = h('div', { class: 'wnb-media-run', hidden: true });
  private headText = '';
  private named = false;
  private palette: Palette | null = null;
  /** The files that are shown, and how many there are. */
  private shown: { files: readonly MediaFile[]; count: number; isLarge: boolean } = { files: [], count: 0, isLarge: true };
  /** The pictures at a step, the same objects as long as these are shown. */
  private pictures: { files: readonly MediaFile[]; pictures: Picture[] } | null = null;

  /** `open` shows the file at a place in a larger view. */
  constructor(readonly run: OverlaidRun, private readonly key: string, private readonly choices: LayerChoices, private readonly open: (index: number) => void) {
    this.grid = new MediaGrid({ create: (file, index) => this.createItem(file, index), loadMore: () => this.loadMore() });
    this.element = h('div', { class: 'wnb-media-column' }, this.head, this.grid.element);
  }

  get series(): MediaSeries | undefined {
    return this.run.data.media.find(({ key }) => key === this.key);
  }

  /** Whether the media at `step` are few enough to be shown large. */
  isLargeAt(step: number | null): boolean {
    const row = this.series && rowAt(this.series, step);
    return row === undefined || isLargeValue(row.files, this.run.data.mediaPages.countOf(row));
  }

  /** Show the media at `step`; the newest ones for null. With `named` the run is named, too. */
  update({ state, palette }: ChartContext, step: number | null, named: boolean, isLarge: boolean): void {
    const { series } = this;
    this.grid.element.style.height = `${state.heightPx}px`;
    this.grid.element.setAttribute('aria-label', `Media of ${this.key}${named ? ` of ${this.run.label}` : ''}`);
    if (palette !== this.palette) this.grid.restyle();
    this.palette = palette;
    if (series?.labels) this.choices.label(series.labels);
    const row = series && rowAt(series, step);
    this.named = named;
    if (row !== undefined) this.showRow(row, isLarge);
    this.updateHead(row, named, colour(palette, this.run.style ?? 0));
  }

  /** How many files are not here yet. */
  get missingCount(): number {
    return this.shown.count - this.shown.files.length;
  }

  /** That only the first files are here and no source has the others; empty if all can be shown. */
  get partText(): string {
    const count = this.row?.count ?? 0;
    return count > this.shown.count ? `first ${formatNumber(this.shown.count)} of ${formatNumber(count)} files` : '';
  }

  /** Request the files after those that are here, if there are more. */
  loadMore(): void {
    if (this.row) void this.run.data.mediaPages.extend(this.key, this.row);
  }

  /** The place of the first picture; -1 without pictures. */
  get firstPicture(): number {
    return this.shown.files.findIndex((file) => formOf(file) === 'picture');
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
    if (this.pictures?.files === row.files) return this.pictures.pictures;
    const origin = this.named ? `${this.run.label}, ${stepText(row)}` : stepText(row);
    const pictures = row.files.filter((file) => formOf(file) === 'picture').map((file): Picture => ({
      file, origin, files: this.run.data.mediaFiles, text: file.caption || `${nameOf(file)} ${this.key}`,
    }));
    if (row === this.row) this.pictures = { files: row.files, pictures };
    return pictures;
  }

  /** How many of the files before a place are pictures. */
  picturesBefore(index: number): number {
    return this.shown.files.slice(0, index).filter((file) => formOf(file) === 'picture').length;
  }

  destroy(): void {
    this.grid.destroy();
    this.element.remove();
  }

  private updateHead(row: MediaRow | undefined, named: boolean, colourText: string): void {
    this.head.hidden = !named;
    const where = row ? [stepText(row), this.partText].filter(Boolean).join(' · ') : 'no media';
    const text = [this.run.label, where, colourText].join('\n');
    if (!named || text === this.headText) return;
    this.headText = text;
    const step = h('span', { class: 'wnb-where' }, where);
    this.head.replaceChildren(swatch(colourText, dash(this.run.style ?? 0)), h('span', { class: 'wnb-run-label' }, this.run.label), step);
  }

  private showRow(row: MediaRow, isLarge: boolean): void {
    const [{ files }, count] = [row, this.run.data.mediaPages.countOf(row)];
    this.row = row;
    const { shown } = this;
    if (files === shown.files && count === shown.count && isLarge === shown.isLarge) return;
    this.shown = { files, count, isLarge };
    this.grid.show(files, count, isLarge);
  }

  private createItem(file: MediaFile, index: number): MediaItem {
    const label = this.shown.count > 1 ? `${index + 1} of ${this.key}` : this.key;
    const context = { files: this.run.data.mediaFiles, choices: this.choices, enlarge: () => this.open(index) };
    return new MediaItem(formOf(file), context, label);
  }
}
