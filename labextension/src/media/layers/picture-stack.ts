import { h } from '../../view/dom';
import type { MediaFile, MediaLayer } from '../../wire/messages';
import type { MediaFiles } from '../media-files';
import type { BoxSet } from './box-marks';
import { boxElements, loadBoxes } from './box-marks';
import type { LayerChoices } from './layer-choices';
import type { MaskPixels } from './mask-canvas';
import { classesOf, drawMask, loadMask } from './mask-canvas';

/** Pictures with fewer pixels on a side are drawn as pixels, not blurred. */
const MAX_PIXELATED = 200;

/** One loaded layer and where it is drawn. */
interface DrawnLayer {
  layer: MediaLayer;
  element: HTMLElement;
  mask?: MaskPixels;
  boxes?: BoxSet;
}

/** A picture with its masks and boxes on top of it, as large as fits into its parent. */
export class PictureStack {
  readonly image: HTMLImageElement;
  readonly element: HTMLElement;
  private layers: DrawnLayer[] = [];
  private file: MediaFile | null = null;
  private used: string | null = null;
  private text = '';
  private readonly stopListening: () => void;

  /** `sized` is called when a picture is loaded. */
  constructor(private readonly files: MediaFiles, private readonly choices: LayerChoices, private readonly sized: () => void = () => undefined) {
    this.image = h('img', { decoding: 'async', draggable: 'false', onload: () => this.measured() });
    this.element = h('span', { class: 'wnb-stack' }, this.image);
    this.stopListening = choices.listen(() => this.redraw());
  }

  /** Show a picture in the place of the previous one, when it is loaded; `text` describes it. Rejects if it is missing. */
  async show(file: MediaFile, text: string): Promise<void> {
    this.text = text;
    if (file.path !== this.file?.path || this.used === null) {
      this.file = file;
      this.release(); // a picture stays drawn without its URL, and one that is still waiting need not be loaded
      this.used = file.path;
      const url = await this.files.use(file.path).catch((error: unknown) => {
        if (this.file === file) this.hide();
        throw error;
      });
      if (this.file !== file) return;
      this.image.src = url;
      this.dropLayers();
      this.element.style.setProperty('--wnb-ratio', String((file.width ?? 1) / (file.height || 1) || 1));
      await this.loadLayers(file);
    }
    if (this.file?.path === file.path) this.describe();
  }

  /** Free the picture; the next `show` loads it again. */
  hide(): void {
    this.file = null;
    this.release();
    this.image.removeAttribute('src');
    this.dropLayers();
  }

  destroy(): void {
    this.stopListening();
    this.hide();
    this.element.remove();
  }

  /** Width and height of the picture in its own pixels; 0 until it is loaded. */
  get size(): { width: number; height: number } {
    return { width: this.image.naturalWidth, height: this.image.naturalHeight };
  }

  private measured(): void {
    const { width, height } = this.size;
    this.image.toggleAttribute('data-pixelated', Math.max(width, height) < MAX_PIXELATED);
    if (height > 0) this.element.style.setProperty('--wnb-ratio', String(width / height));
    this.redraw(); // the edges of boxes may be in pixels
    this.sized();
  }

  /** Load the masks and boxes; one that is missing or broken is left out. */
  private async loadLayers(file: MediaFile): Promise<void> {
    const loaded = await Promise.all((file.layers ?? []).map((layer) => this.loadLayer(layer).catch(() => null)));
    if (this.file !== file) return;
    this.layers = loaded.filter((one) => one !== null);
    this.element.append(...this.layers.map(({ element }) => element));
    this.redraw();
  }

  private async loadLayer(layer: MediaLayer): Promise<DrawnLayer> {
    if (layer.kind === 'mask') {
      const mask = await loadMask(this.files, layer.path);
      this.choices.add(layer, { classes: classesOf(mask) });
      return { layer, mask, element: h('canvas', { class: 'wnb-mask' }) };
    }
    const boxes = await loadBoxes(this.files, layer.path);
    this.choices.add(layer, { classes: boxes.boxes.map(({ classId }) => classId), labels: boxes.labels, scores: boxes.boxes.map(({ scores }) => scores) });
    return { layer, boxes, element: h('span', { class: 'wnb-boxes' }) };
  }

  private redraw(): void {
    for (const one of this.layers) this.draw(one);
    if (this.layers.length > 0) this.describe();
  }

  private draw({ layer, element, mask, boxes }: DrawnLayer): void {
    element.hidden = !this.choices.isDrawn(layer);
    if (element.hidden) return;
    if (mask) drawMask(element as HTMLCanvasElement, mask, layer, this.choices);
    if (boxes) element.replaceChildren(...boxElements(boxes, this.size, layer, this.choices));
  }

  /** Name what is drawn in the text alternative, too: "a street; mask truth: road, car; boxes found: 2 car". */
  private describe(): void {
    this.image.alt = [this.text, ...this.layers.filter(({ element }) => !element.hidden).map((one) => this.layerText(one))].filter(Boolean).join('; ');
  }

  private layerText({ layer, mask, boxes }: DrawnLayer): string {
    const counts = new Map<number, number>();
    if (mask) for (const id of classesOf(mask)) if (this.choices.isClassDrawn(layer, id)) counts.set(id, 1);
    for (const box of boxes?.boxes ?? []) {
      if (this.choices.isClassDrawn(layer, box.classId) && this.choices.isAbove(layer, box.scores)) counts.set(box.classId, (counts.get(box.classId) ?? 0) + 1);
    }
    const names = [...counts].map(([id, count]) => `${boxes ? `${count} ` : ''}${this.choices.nameOf(layer, id)}`);
    return `${layer.kind} ${layer.name}: ${names.join(', ') || 'nothing'}`;
  }

  private dropLayers(): void {
    for (const { element } of this.layers.splice(0)) element.remove();
  }

  private release(): void {
    if (this.used !== null) this.files.release(this.used);
    this.used = null;
  }
}
