import { h, setText } from '../view/dom';
import { cursorKeys } from '../view/keys';
import { drawPlot, svgElement } from './draw-plot';
import type { PlotTarget, PlotView } from './plot-frame';
import type { Plot } from './plot-model';

const MAX_DISTANCE_PX = 60;

/** The drawing of a plot, and the mark at its cursor: mouse and arrows move it, `show` reports what it says. */
export class PlotSurface {
  readonly element: HTMLElement;
  private readonly drawing = h('div', { class: 'wnb-plot-drawing', 'aria-hidden': 'true' });
  private readonly dot = h('div', { class: 'wnb-plot-cursor', hidden: true });
  private targets: PlotTarget[] = [];
  private cursor = -1;

  constructor(title: string, private readonly show: (text: string) => void, resize: (deltaPx: number) => void, toggleLog: () => void) {
    this.element = h('div', { class: 'wnb-plot', tabindex: 0, role: 'slider', 'aria-label': `Cursor in the chart ${title}`, 'aria-valuemin': 0, 'aria-valuenow': 0 }, this.drawing, this.dot);
    this.element.addEventListener('mousemove', (event) => this.setCursor(this.targetAt(event)));
    this.element.addEventListener('mouseleave', () => this.setCursor(-1));
    this.element.addEventListener('blur', () => this.setCursor(-1));
    cursorKeys(this.element, {
      move: (count) => this.moveTo(this.cursor < 0 ? (count > 0 ? 0 : this.targets.length - 1) : this.cursor + count),
      edge: (end) => this.moveTo(end ? this.targets.length - 1 : 0),
      zoom: () => undefined,
      openSource: toggleLog,
      resetZoom: () => undefined,
      resize,
      close: () => false,
    });
  }

  /** Draw a plot in this size. */
  draw(plot: Plot, view: PlotView): void {
    const { markup, targets } = drawPlot(plot, view);
    const parsed = new DOMParser().parseFromString(svgElement(markup, view.width, view.height), 'image/svg+xml');
    this.drawing.replaceChildren(document.importNode(parsed.documentElement, true));
    this.targets = targets;
    this.element.style.height = `${view.height}px`;
    this.element.setAttribute('aria-valuemax', String(Math.max(0, targets.length - 1)));
    this.setCursor(Math.min(this.cursor, targets.length - 1), true);
  }

  private moveTo(at: number): void {
    this.setCursor(Math.max(0, Math.min(this.targets.length - 1, at)));
  }

  private setCursor(at: number, redraw = false): void {
    if (at === this.cursor && !redraw) return;
    this.cursor = at;
    const target = this.targets[at];
    this.dot.hidden = target === undefined;
    if (target) Object.assign(this.dot.style, { left: `${target.x}px`, top: `${target.y}px` });
    this.element.setAttribute('aria-valuenow', String(Math.max(0, at)));
    this.element.setAttribute('aria-valuetext', target?.text ?? 'no value selected');
    this.show(target?.text ?? '');
  }

  /** The mark whose area contains the mouse, else the nearest one. */
  private targetAt(event: MouseEvent): number {
    const { left, top } = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let nearest = -1;
    let distance = MAX_DISTANCE_PX;
    this.targets.forEach((target, i) => {
      const own = target.box === undefined ? Math.hypot(target.x - x, target.y - y) : contains(target.box, x, y) ? Math.abs(target.y - y) / 1000 : Infinity;
      if (own < distance) [nearest, distance] = [i, own];
    });
    return nearest;
  }
}

function contains({ left, top, width, height }: NonNullable<PlotTarget['box']>, x: number, y: number): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

/** The words of a cursor at the right of a card's title, with the full text as its tooltip. */
export function showText(element: HTMLElement, text: string): void {
  setText(element, text);
  element.title = text;
}
