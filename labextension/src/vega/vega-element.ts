import { h } from '../view/dom';
import type { DrawnVega, VegaSize } from './vega-chunk';
import { loadVega } from './vega-host';

const [MIN_PX, MARGIN_PX] = [120, 6];

/** A chart of a Vega or Vega-Lite spec, in the colours of the page. `failed` gets the reason if it cannot be drawn. */
export class VegaElement {
  readonly element: HTMLElement;
  private drawn: DrawnVega | null = null;
  private version = 0;

  constructor(title: string, private readonly failed: (reason: string) => void) {
    this.element = h('div', { class: 'wnb-vega', role: 'img', 'aria-label': `Chart ${title}` });
  }

  /** Draw a spec in the place of the previous one, unless another one comes meanwhile. */
  async draw(spec: Record<string, unknown>): Promise<void> {
    const version = ++this.version;
    const host = h('div', {});
    try {
      const { drawVega } = await loadVega();
      const drawn = await drawVega(host, spec, this.colours(), this.size);
      if (version !== this.version) return drawn.finalize();
      this.drawn?.finalize();
      this.drawn = drawn;
      this.element.replaceChildren(host);
    } catch (error) {
      if (version === this.version) this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** The chart as an SVG file; null before it is drawn. */
  async toSvg(): Promise<string | null> {
    return this.drawn === null ? null : this.drawn.toSvg();
  }

  destroy(): void {
    this.version += 1;
    this.drawn?.finalize();
    this.drawn = null;
  }

  private get size(): VegaSize {
    const { clientWidth, clientHeight } = this.element;
    return { width: Math.max(MIN_PX, clientWidth - MARGIN_PX), height: Math.max(MIN_PX, clientHeight - MARGIN_PX) };
  }

  private colours(): { ink: string; muted: string; grid: string } {
    const style = getComputedStyle(this.element);
    const colour = (name: string): string => style.getPropertyValue(name).trim() || '#888888';
    return { ink: colour('--wnb-ink'), muted: colour('--wnb-soft'), grid: colour('--wnb-line') };
  }
}
