import uPlot from 'uplot';
import { duration, tickLabels } from '../model/format';
import type { Line, XUnit } from '../model/lines';
import { strong } from '../model/lines';
import type { Range } from '../model/range';
import { lowerBound, nearest, xRange, yRange } from '../model/range';
import { logLabels, logTicks, ticks, timeTicks } from '../model/ticks';
import type { Band } from '../model/provenance';
import { drawBands, drawLabels, drawLines, font, labelRoom } from './draw';
import { colour } from './palette';
import type { Palette } from './palette';
import type { Frame } from './path';
import { toY } from './path';

/** What a chart shows; a new one replaces the old one as a whole. */
export interface Content {
  lines: Line[];
  /** Cells behind the lines, with their names; empty for none. */
  bands: NamedBand[];
  unit: XUnit;
  /** The part of x to show; null for all. */
  zoom: Range | null;
  log: boolean;
}

/** A band and what it is called. */
export type NamedBand = Band & { name: string };

/** A point of a line. */
export interface Pick {
  line: Line;
  index: number;
}

export interface ChartEvents {
  /** The cursor stands at this x; null when it left. Told to all charts that share a cursor. */
  hover(x: number | null): void;
  zoom(range: Range | null): void;
  /** A click on a chart, without a drag. */
  click(): void;
}

const HEIGHT = 190;
const FAINT_PENALTY = 8; // pixels that a faint line must be nearer to be meant
const CLICK_PIXELS = 4;

/** One chart: uPlot gives axes, cursor and selection, the lines are drawn here from decimated columns. */
export class Chart {
  private plot: uPlot | null = null;
  private key = '';
  private x: Range = [0, 1];
  private y: Range = [0, 1];
  private content: Content = { lines: [], bands: [], unit: { id: 'step', label: 'step', column: 'step' }, zoom: null, log: false };
  private readonly dots: HTMLElement[] = [];
  /** Height of the pointer over the chart; null while it is elsewhere. */
  private pointer: number | null = null;
  private pressed: [number, number] = [0, 0];

  constructor(
    private readonly host: HTMLElement,
    private readonly group: string,
    private readonly events: ChartEvents,
    private palette: Palette,
  ) {
    // In the capture phase, so that the height is known when uPlot tells where the cursor stands.
    host.addEventListener('mousemove', (event) => this.track(event), true);
    host.addEventListener('mouseleave', () => (this.pointer = null), true);
    host.addEventListener('mousedown', (event) => (this.pressed = [event.clientX, event.clientY]), true);
    host.addEventListener('click', (event) => {
      const [x, y] = this.pressed;
      if (event.detail === 1 && Math.hypot(event.clientX - x, event.clientY - y) < CLICK_PIXELS) this.events.click();
    });
  }

  /** Draw this content in the width that the host has now. */
  show(content: Content, palette: Palette): void {
    this.content = content;
    this.palette = palette;
    this.x = content.zoom ?? xRange(content.lines);
    this.y = yRange(content.lines, this.x, content.log);
    const width = Math.max(120, this.host.clientWidth);
    const plot = this.plotFor(width);
    if (plot.width !== width) plot.setSize({ width, height: HEIGHT });
    plot.setData([this.x, this.y]);
  }

  /** Put the cursor at an x; null takes it away. */
  point(x: number | null): void {
    if (this.plot === null) return;
    const left = x === null ? -10 : Math.max(0, Math.min(this.plot.over.clientWidth, this.plot.valToPos(x, 'x')));
    this.plot.setCursor({ left, top: x === null ? -10 : this.plot.over.clientHeight / 2 });
  }

  /** The point at an x that is meant: of the line nearest to the pointer, else of the first strong line. */
  pick(x: number): Pick | null {
    const { plot } = this;
    let best: { pick: Pick; far: number } | null = null;
    for (const line of plot === null ? [] : [...strong(this.content.lines), ...this.content.lines.filter((one) => one.faint)]) {
      const index = nearest(line, x);
      if (index < 0 || (line.faint && this.pointer === null)) continue;
      const top = toY(this.frame(plot!), line.ys[index]!) / uPlot.pxRatio;
      const aside = plot!.valToPos(line.xs[index]!, 'x') - plot!.valToPos(x, 'x');
      const far = this.pointer === null ? 0 : Math.hypot(top - this.pointer, aside) + (line.faint ? FAINT_PENALTY : 0);
      if (Number.isFinite(far) && (best === null || far < best.far)) best = { pick: { line, index }, far };
    }
    return best?.pick ?? null;
  }

  /** The x that lies `points` further than `x`, in points of the longest line but at least half a pixel. */
  along(x: number | null, points: number): number {
    const [min, max] = this.x;
    const longest = strong(this.content.lines).reduce<Line | null>((a, b) => (a && a.xs.length >= b.xs.length ? a : b), null);
    if (x === null || longest === null) return points < 0 ? max : min;
    const least = (max - min) / 2 / Math.max(1, this.plot?.over.clientWidth ?? 1);
    const next = longest.xs[Math.max(0, Math.min(longest.xs.length - 1, lowerBound(longest.xs, x) + points))] ?? x;
    const far = Math.abs(next - x) < least ? x + least * points : next;
    return Math.max(min, Math.min(max, far));
  }

  get range(): Range {
    return this.x;
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
    this.dots.length = 0;
  }

  /** The plot, made anew where something changed that uPlot fixes when it is made. */
  private plotFor(width: number): uPlot {
    const room = Math.round(labelRoom(this.content.lines));
    const key = `${this.content.unit.id} ${room} ${this.palette.ink}`;
    if (this.plot !== null && key === this.key) return this.plot;
    this.destroy();
    this.key = key;
    this.plot = new uPlot(this.options(width, room), [this.x, this.y], this.host);
    this.plot.over.addEventListener('dblclick', () => this.events.zoom(null));
    return this.plot;
  }

  private options(width: number, room: number): uPlot.Options {
    return {
      width,
      height: HEIGHT,
      padding: [8, room, 0, 0],
      legend: { show: false },
      scales: { x: { time: false, range: () => this.x }, y: { range: () => this.y } },
      series: [{}, { paths: () => null, points: { show: false } }],
      axes: [this.xAxis(), this.yAxis()],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => null },
        sync: {
          key: `${this.group} ${this.content.unit.id}`,
          scales: ['x', null],
          filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave', sub: () => true },
        },
      },
      hooks: {
        drawClear: [(plot) => drawBands(plot.ctx, this.frame(plot), this.content.bands, this.palette, uPlot.pxRatio)],
        draw: [(plot) => this.draw(plot)],
        setCursor: [(plot) => this.moved(plot)],
        setSelect: [(plot) => this.selected(plot)],
      },
    };
  }

  private xAxis(): uPlot.Axis {
    const time = this.content.unit.column === 'time';
    const whole = this.content.unit.column === 'step';
    const count = (plot: uPlot): number => Math.max(2, Math.min(8, plot.width / 80));
    return {
      ...this.axis(),
      size: 24,
      grid: { show: false },
      splits: (plot, _axis, min, max) => (time ? timeTicks([min, max], count(plot)) : ticks([min, max], count(plot), whole)),
      values: (_plot, splits) => (time ? splits.map(duration) : tickLabels(splits)),
    };
  }

  private yAxis(): uPlot.Axis {
    const log = (): boolean => this.content.log;
    return {
      ...this.axis(),
      size: (_plot, values) => 12 + Math.max(2, ...(values ?? []).map((one) => one.length)) * 6.3,
      grid: { stroke: this.palette.grid, width: 1 },
      splits: (_plot, _axis, min, max) => (log() ? logTicks([min, max], 4) : ticks([min, max], 4)),
      values: (_plot, splits) => (log() ? logLabels(splits) : tickLabels(splits)),
    };
  }

  private axis(): uPlot.Axis {
    return { stroke: this.palette.soft, font: font(1), ticks: { show: false }, gap: 6 };
  }

  private frame(plot: uPlot): Frame {
    const { left, top, width, height } = plot.bbox;
    return { left, top, width, height, x: this.x, y: this.y, log: this.content.log };
  }

  private draw(plot: uPlot): void {
    drawLines(plot.ctx, this.frame(plot), this.content.lines, this.palette, uPlot.pxRatio);
    drawLabels(plot.ctx, this.frame(plot), this.content.lines, this.palette, uPlot.pxRatio);
  }

  private moved(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    const x = left < 0 ? null : plot.posToVal(left, 'x');
    this.placeDots(plot, x);
    this.events.hover(x);
  }

  private track(event: MouseEvent): void {
    this.pointer = event.clientY - this.host.getBoundingClientRect().top;
  }

  private placeDots(plot: uPlot, x: number | null): void {
    const frame = this.frame(plot);
    const meant = x === null ? undefined : this.pick(x)?.line;
    const lines = x === null ? [] : strong(this.content.lines);
    if (meant?.faint) lines.push(meant);
    lines.forEach((line, n) => {
      const i = nearest(line, x!);
      const y = i < 0 ? NaN : (toY(frame, line.ys[i]!) - frame.top) / uPlot.pxRatio;
      const dot = (this.dots[n] ??= plot.over.appendChild(document.createElement('div')));
      dot.className = line === meant && this.pointer !== null ? 'wnb-dot wnb-dot-meant' : 'wnb-dot';
      dot.hidden = Number.isNaN(y);
      dot.style.background = colour(this.palette, line.style);
      if (!dot.hidden) dot.style.transform = `translate(${plot.valToPos(line.xs[i]!, 'x')}px, ${y}px)`;
    });
    for (const dot of this.dots.slice(lines.length)) dot.hidden = true;
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 5) return;
    const range: Range = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.zoom(range);
  }
}
