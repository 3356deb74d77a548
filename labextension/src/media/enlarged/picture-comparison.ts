import { h, setText } from '../../view/dom';
import { PictureStack } from '../layers/picture-stack';
import type { MediaFiles } from '../media-files';
import type { Candidate, Picture, PictureSource } from './picture-source';

const NONE = 'none';

/** A second picture over the first one, cut at a line that moves by a slider or by dragging. */
export class PictureComparison {
  /** Chooses the second picture. */
  readonly control: HTMLElement;
  /** The slider, between the names of both pictures. */
  readonly slider: HTMLElement;
  /** The second picture and the line, over the first one. */
  readonly element = h('div', { class: 'wnb-compare', hidden: true });
  private readonly select: HTMLSelectElement;
  private readonly range: HTMLInputElement;
  private readonly leftName = h('span', { class: 'wnb-compare-name' });
  private readonly rightName = h('span', { class: 'wnb-compare-name' });
  private readonly picture = h('div', { class: 'wnb-compare-picture' });
  private readonly line = h('div', { class: 'wnb-compare-line', title: 'Drag to compare' });
  private stack: PictureStack | null = null;
  private files: MediaFiles | null = null;
  private names = '';

  constructor(private readonly source: PictureSource, private readonly changed: () => void) {
    this.select = h('select', { 'aria-label': 'Compare with', onchange: () => this.changed() });
    this.control = h('label', { class: 'wnb-control' }, 'Compare with', this.select);
    this.range = h('input', { type: 'range', min: 0, max: 100, step: 0.5, value: 50, 'aria-label': 'Comparison slider', oninput: () => this.cut() });
    this.slider = h('div', { class: 'wnb-compare-slider', hidden: true }, this.leftName, this.range, this.rightName);
    this.element.append(this.picture, this.line);
    this.listenToDrag();
  }

  /** Show what is compared with the picture at `place`. */
  update(place: number, first: Picture): void {
    const candidates = this.source.candidates(place);
    this.fillSelect(candidates);
    const second = candidates.find(({ name }) => name === this.select.value)?.picture ?? null;
    this.element.hidden = this.slider.hidden = second === null;
    if (second === null) return this.drop();
    if (second.files !== this.files) this.drop();
    this.files = second.files;
    this.stack ??= this.createStack(second.files);
    void this.stack.show(second.file, `${second.text}, ${second.origin}`).catch(() => undefined); // its place stays empty
    setText(this.leftName, first.origin);
    setText(this.rightName, second.origin);
    this.cut();
  }

  destroy(): void {
    this.drop();
  }

  private createStack(files: MediaFiles): PictureStack {
    const stack = new PictureStack(files, this.source.choices);
    this.picture.append(stack.element);
    return stack;
  }

  private drop(): void {
    this.stack?.destroy();
    this.stack = this.files = null;
  }

  /** Offer the candidates; one that is not there any more gives way to none. */
  private fillSelect(candidates: Candidate[]): void {
    const names = candidates.map(({ name }) => name);
    this.control.hidden = names.length === 0;
    if (names.join('\n') === this.names) return;
    this.names = names.join('\n');
    const chosen = names.includes(this.select.value) ? this.select.value : NONE;
    this.select.replaceChildren(h('option', { value: NONE }, 'nothing'), ...names.map((name) => h('option', { value: name }, name)));
    this.select.value = chosen;
  }

  private cut(): void {
    const percent = Number(this.range.value);
    this.picture.style.clipPath = `inset(0 0 0 ${percent}%)`;
    this.line.style.left = `${percent}%`;
    this.range.setAttribute('aria-valuetext', `${Math.round(percent)} % of ${this.leftName.textContent}`);
  }

  private listenToDrag(): void {
    this.line.addEventListener('pointerdown', (event) => {
      this.line.setPointerCapture(event.pointerId);
      event.stopPropagation(); // the pane would move the pictures
    });
    this.line.addEventListener('pointermove', (event) => {
      if (!this.line.hasPointerCapture(event.pointerId)) return;
      const box = this.element.getBoundingClientRect();
      this.range.value = String((100 * (event.clientX - box.left)) / box.width);
      this.cut();
    });
  }
}
