import { font } from './canvas';

const MIN_WIDTH_PX = 120;

/** A canvas as wide as its host, without a text of its own: the card beside it describes what it shows. */
export class PlotCanvas {
  width = 0;
  height = 0;
  private readonly element = document.createElement('canvas');

  constructor(private readonly host: HTMLElement) {
    this.element.setAttribute('aria-hidden', 'true');
    host.append(this.element);
  }

  /** Empty the canvas in the current width of the host; null where the browser cannot draw. Units are CSS pixels. */
  begin(heightPx: number): CanvasRenderingContext2D | null {
    [this.width, this.height] = [Math.max(MIN_WIDTH_PX, this.host.clientWidth), heightPx];
    const scale = window.devicePixelRatio || 1;
    Object.assign(this.element, { width: this.width * scale, height: this.height * scale });
    Object.assign(this.element.style, { width: `${this.width}px`, height: `${this.height}px`, display: 'block' });
    const context = this.element.getContext('2d');
    if (context === null) return null;
    context.scale(scale, scale);
    context.font = font(1);
    return context;
  }

  destroy(): void {
    this.element.remove();
  }
}
