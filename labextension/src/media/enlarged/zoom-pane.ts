import { h } from '../../view/dom';

const KEY_FACTOR = 1.5;
const WHEEL_RATE = 0.0015;
const MAX_SCALE = 64;
const PAN_PX = 60;
/** From this many screen pixels per picture pixel on, a zoomed picture is drawn as pixels. */
const PIXELATED_SCALE = 2;

/** Shows content of a known size in its own pixels: as large as fits, or zoomed by wheel, buttons and keys, and dragged. */
export class ZoomPane {
  readonly element: HTMLElement;
  /** What is zoomed. */
  readonly content = h('div', { class: 'wnb-zoom' });
  private readonly resized: ResizeObserver;
  /** Screen pixels per pixel of the content; null fits it into the pane. */
  private chosenScale: number | null = null;
  /** The point of the content in the middle of the pane, in parts of its size. */
  private middle: [x: number, y: number] = [0.5, 0.5];

  /** `size` is that of the content; `changed` is called with each other scale. */
  constructor(private readonly size: () => { width: number; height: number }, private readonly changed: () => void) {
    this.element = h('div', { class: 'wnb-media-pane' }, this.content);
    this.resized = new ResizeObserver(() => this.layout());
    this.resized.observe(this.element);
    this.element.addEventListener('wheel', (event) => this.zoomByWheel(event), { passive: false });
    this.element.addEventListener('dblclick', () => this.fit());
    this.listenToDrag();
  }

  get scale(): number {
    return this.chosenScale ?? this.fittingScale;
  }

  get isFit(): boolean {
    return this.chosenScale === null;
  }

  /** Place the content anew. */
  layout(): void {
    const { width, height } = this.size();
    if (width === 0 || this.element.clientWidth === 0) return;
    const [w, hgt] = [width * this.scale, height * this.scale];
    this.middle = [this.bounded(this.middle[0], w, this.element.clientWidth), this.bounded(this.middle[1], hgt, this.element.clientHeight)];
    const left = this.element.clientWidth / 2 - this.middle[0] * w;
    const top = this.element.clientHeight / 2 - this.middle[1] * hgt;
    Object.assign(this.content.style, { width: `${w}px`, height: `${hgt}px`, transform: `translate(${left}px, ${top}px)` });
    this.element.toggleAttribute('data-pixels', !this.isFit && this.scale >= PIXELATED_SCALE);
    this.element.toggleAttribute('data-zoomed', !this.isFit);
    this.changed();
  }

  /** Zoom by a factor around a point of the pane; its middle if none is given. */
  zoom(factor: number, atX = this.element.clientWidth / 2, atY = this.element.clientHeight / 2): void {
    const before = this.scale;
    const scale = Math.min(Math.max(MAX_SCALE, this.fittingScale), before * factor);
    this.chosenScale = scale <= this.fittingScale ? null : scale;
    const { width, height } = this.size();
    const [dx, dy] = [atX - this.element.clientWidth / 2, atY - this.element.clientHeight / 2];
    this.middle = [this.middle[0] + dx / width * (1 / before - 1 / this.scale), this.middle[1] + dy / height * (1 / before - 1 / this.scale)];
    this.layout();
  }

  fit(): void {
    this.chosenScale = null;
    this.middle = [0.5, 0.5];
    this.layout();
  }

  /** Handle + − 0 and, while zoomed, arrows with Shift; returns whether the key was one of these. */
  handleKey({ key, shiftKey }: KeyboardEvent): boolean {
    const pans: Record<string, [number, number]> = { ArrowLeft: [PAN_PX, 0], ArrowRight: [-PAN_PX, 0], ArrowUp: [0, PAN_PX], ArrowDown: [0, -PAN_PX] };
    const pan = shiftKey ? pans[key] : undefined;
    if (pan) this.pan(...pan);
    else if (key === '+' || key === '=') this.zoom(KEY_FACTOR);
    else if (key === '-') this.zoom(1 / KEY_FACTOR);
    else if (key === '0') this.fit();
    else return false;
    return true;
  }

  destroy(): void {
    this.resized.disconnect();
  }

  private get fittingScale(): number {
    const { width, height } = this.size();
    return Math.min(this.element.clientWidth / Math.max(1, width), this.element.clientHeight / Math.max(1, height));
  }

  private pan(dx: number, dy: number): void {
    const { width, height } = this.size();
    this.middle = [this.middle[0] - dx / (width * this.scale), this.middle[1] - dy / (height * this.scale)];
    this.layout();
  }

  /** Keep the content in sight: centred if it fits, else without a gap at its edges. */
  private bounded(middle: number, length: number, room: number): number {
    const half = room / length / 2;
    return length <= room ? 0.5 : Math.max(half, Math.min(1 - half, middle));
  }

  private zoomByWheel(event: WheelEvent): void {
    event.preventDefault();
    const box = this.element.getBoundingClientRect();
    this.zoom(Math.exp(-event.deltaY * WHEEL_RATE), event.clientX - box.left, event.clientY - box.top);
  }

  private listenToDrag(): void {
    let last: [number, number] = [0, 0];
    this.element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || this.isFit) return;
      this.element.setPointerCapture(event.pointerId);
      last = [event.clientX, event.clientY];
    });
    this.element.addEventListener('pointermove', (event) => {
      if (!this.element.hasPointerCapture(event.pointerId)) return;
      this.pan(event.clientX - last[0], event.clientY - last[1]);
      last = [event.clientX, event.clientY];
    });
  }
}
