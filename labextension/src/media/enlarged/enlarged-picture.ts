import { formatNumber } from '../../model/format';
import { h, icon, setText } from '../../view/dom';
import type { MediaFile } from '../../wire/messages';
import { LayerLegend } from '../layers/layer-legend';
import { PictureStack } from '../layers/picture-stack';
import type { MediaFiles } from '../media-files';
import { PictureComparison } from './picture-comparison';
import type { Picture, PictureSource } from './picture-source';
import { ZoomPane } from './zoom-pane';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';
const PREVIOUS_ICON = 'M10 3L5 8l5 5';
const NEXT_ICON = 'M6 3l5 5-5 5';
const ZOOM_IN_ICON = 'M3 8h10M8 3v10';
const ZOOM_OUT_ICON = 'M3 8h10';

/**
 * One picture of a card in a dialog that fills the page: zoomed to its pixels, beside the one before and after it, and
 * compared with another one. Left and right move through the steps, PageUp and PageDown through the pictures.
 */
export class EnlargedPicture {
  private readonly dialog: HTMLDialogElement;
  private readonly pane: ZoomPane;
  private readonly comparison: PictureComparison;
  private readonly legend: LayerLegend;
  private readonly caption = h('p', { class: 'wnb-media-caption' });
  private readonly position = h('span', { class: 'wnb-quiet', role: 'status' });
  private readonly zoomText = h('span', { class: 'wnb-share' });
  private readonly moves: HTMLElement;
  private readonly stopListening: () => void;
  private stack: PictureStack | null = null;
  private files: MediaFiles | null = null;
  private file: MediaFile | null = null;

  /** `steps` is the control of the steps, if there are some. */
  constructor(host: HTMLElement, private readonly source: PictureSource, private place: number, steps: HTMLElement | null) {
    this.pane = new ZoomPane(() => this.stack?.size ?? { width: 0, height: 0 }, () => this.showScale());
    this.comparison = new PictureComparison(source, () => this.update());
    this.legend = new LayerLegend(source.title, source.choices);
    this.stopListening = source.choices.listen(() => this.legend.update());
    this.moves = h('span', { class: 'wnb-viewer-group' },
      tool(PREVIOUS_ICON, 'Previous picture (PageUp)', () => this.move(-1)), this.position, tool(NEXT_ICON, 'Next picture (PageDown)', () => this.move(1)));
    this.dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': `Picture ${source.title}` },
      this.bar(), this.pane.element, this.comparison.slider, this.legend.element, this.caption, steps);
    this.dialog.addEventListener('keydown', (event) => this.handleKey(event));
    this.dialog.addEventListener('close', () => this.destroy());
    this.pane.content.append(this.comparison.element);
    host.append(this.dialog);
    this.dialog.showModal();
    this.legend.update();
    this.update();
  }

  /** Show the picture at the chosen step. */
  update(): void {
    const pictures = this.source.pictures();
    const moved = pictures.findIndex(({ file }) => file === this.file); // behind others that have come
    this.place = moved >= 0 ? moved : Math.max(0, Math.min(this.place, pictures.length - 1));
    const picture = pictures[this.place];
    if (picture === undefined) return;
    this.file = picture.file;
    this.source.loadAround(this.place);
    this.moves.hidden = pictures.length < 2;
    setText(this.position, `${formatNumber(this.place + 1)} of ${formatNumber(this.source.total)}`);
    setText(this.caption, [picture.file.caption, picture.origin].filter(Boolean).join(' · '));
    this.stackFor(picture).show(picture.file, picture.text).catch(() => setText(this.caption, `${picture.text}: this file is not available.`));
    this.comparison.update(this.place, picture);
  }

  destroy(): void {
    this.stopListening();
    this.pane.destroy();
    this.comparison.destroy();
    this.stack?.destroy();
    this.dialog.remove();
    this.source.closed();
  }

  /** The stack of the run that a picture belongs to. */
  private stackFor({ files }: Picture): PictureStack {
    if (this.stack !== null && files === this.files) return this.stack;
    this.stack?.destroy();
    this.files = files;
    this.stack = new PictureStack(files, this.source.choices, () => this.pane.layout());
    this.pane.content.prepend(this.stack.element);
    return this.stack;
  }

  private bar(): HTMLElement {
    const zoom = h('span', { class: 'wnb-viewer-group' },
      tool(ZOOM_OUT_ICON, 'Zoom out (−)', () => this.pane.zoom(1 / 1.5)), this.zoomText, tool(ZOOM_IN_ICON, 'Zoom in (+)', () => this.pane.zoom(1.5)),
      h('button', { class: 'wnb-toggle', type: 'button', title: 'Fit into the window (0)', onclick: () => this.pane.fit() }, 'Fit'));
    const close = tool(CLOSE_ICON, 'Close the enlarged picture', () => this.dialog.close());
    close.title = 'Close (Escape)';
    return h('div', { class: 'wnb-viewer-bar' }, h('strong', { class: 'wnb-name' }, this.source.title), this.moves, zoom, this.comparison.control, close);
  }

  private move(count: number): void {
    const { length } = this.source.pictures();
    this.place = (this.place + count + length) % length;
    this.file = null;
    this.update();
  }

  private showScale(): void {
    setText(this.zoomText, `${Math.round(this.pane.scale * 100)} %`);
  }

  /** Keys stay in the dialog; sliders and selects keep their own. */
  private handleKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pictures = { PageUp: -1, PageDown: 1 }[event.key];
    if (event.key === 'Escape') this.dialog.close();
    else if (pictures !== undefined) this.move(pictures);
    else if ((event.target as Element).matches('select, input') || !this.pane.handleKey(event)) return this.source.moveByKey(event);
    event.preventDefault();
  }
}

function tool(path: string, name: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'wnb-tool', 'aria-label': name.replace(/ \(.*/, ''), title: name, onclick }, icon(path));
}
