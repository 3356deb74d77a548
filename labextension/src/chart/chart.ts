import uPlot from 'uplot';
import { formatDuration, tickLabels } from '../model/format';
import type { XUnit } from '../model/axes';
import { STEP } from '../model/axes';
import type { DrawnLine, Line } from './lines';
import { mainLines } from './lines';
import type { Range } from './axis-ranges';
import { nearest, nearestIndex, xRange, yRange } from './axis-ranges';
import { logLabels, logTicks, ticks, timeTicks } from './ticks';
import type { NamedBand } from './cell-ranges';
import { drawBands, drawFaintLabels, drawLines, font } from './canvas';
import { EndLabels, labelWidth } from './end-labels';
import { colour } from './palette';
import type { Palette } from './palette';
import type { PlotFrame } from './path';
import { toY } from './path';

/** What a chart shows; replaced as a whole. */
export interface ChartContent<L extends DrawnLine = Line> {
  lines: L[];
  /** The cells to shade behind the lines. */
  bands: NamedBand[];
  unit: XUnit;
  /** The part of x to show; null for all. */
  zoom: Range | null;
  log: boolean;
  /** Whether lines differ by dashes. */
  dashes: boolean;
  /** Whether outliers are outside the y range. */
  clip: boolean;
}

/** A point of a line. */
export interface LinePoint<L extends DrawnLine = Line> {
  line: L;
  index: number;
}

export interface ChartEvents<L extends DrawnLine = Line> {
  /** The cursor moved to this x, or left (null). All charts that share the cursor receive this. */
  hover(x: number | null): void;
  zoom(range: Range | null): void;
  /** A click on the name at the end of a line; `only` hides the others. */
  toggleLine(line: L, only: boolean): void;
  /** A click with Ctrl, Meta, Alt or Shift, without a drag. */
  openSource(): void;
}

const FAINT_PENALTY_PX = 8; // a faint line must be this much nearer to the pointer to be picked
const MAX_CLICK_PX = 4;

/** One chart. uPlot draws axes, cursor and selection; the lines are drawn here, decimated to the pixels. */
export class Chart<L extends DrawnLine = Line> {
  private plot: uPlot | null = null;
  private key = '';
  private x: Range = [0, 1];
  private y: Range = [0, 1];
  private content: ChartContent<L> = { lines: [], bands: [], unit: STEP, zoom: null, log: false, dashes: false, clip: false };
  private readonly dots: HTMLElement[] = [];
  private readonly endLabels: EndLabels<L>;
  /** Vertical position of the pointer in the chart; null if it is outside. */
  private pointer: number | null = null;
  private pressed: [number, number] = [0, 0];

  constructor(
    private readonly host: HTMLElement,
    private readonly group: string,
    private readonly events: ChartEvents<L>,
    private palette: Palette,
    private readonly heightPx: () => number,
  ) {
    this.endLabels = new EndLabels(host, (line, only) => this.events.toggleLine(line, only));
    // In the capture phase, before uPlot reports the cursor.
    host.addEventListener('mousemove', (event) => this.trackPointer(event), true);
    host.addEventListener('mouseleave', () => (this.pointer = null), true);
    host.addEventListener('mousedown', (event) => (this.pressed = [event.clientX, event.clientY]), true);
    host.addEventListener('click', (event) => {
      const [x, y] = this.pressed;
      const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
      if (modified && Math.hypot(event.clientX - x, event.clientY - y) < MAX_CLICK_PX) this.events.openSource();
    });
  }

  /** Draw this content in the current width of the host. */
  show(content: ChartContent<L>, palette: Palette): void {
    this.content = content;
    this.palette = palette;
    this.x = content.zoom ?? xRange(content.lines);
    this.y = yRange(content.lines, this.x, content.log, content.clip);
    const width = Math.max(120, this.host.clientWidth);
    const plot = this.plotFor(width);
    const height = this.heightPx();
    if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
    plot.setData([this.x, this.y]);
  }

  /** Move the cursor to an x; null removes it. */
  setCursor(x: number | null): void {
    if (this.plot === null) return;
    const left = x === null ? -10 : Math.max(0, Math.min(this.plot.over.clientWidth, this.plot.valToPos(x, 'x')));
    this.plot.setCursor({ left, top: x === null ? -10 : this.plot.over.clientHeight / 2 });
  }

  /** The point at an x: of the line nearest to the pointer, else of the first main line. */
  pick(x: number): LinePoint<L> | null {
    const { plot } = this;
    let best: { point: LinePoint<L>; distance: number } | null = null;
    for (const line of plot === null ? [] : [...mainLines(this.content.lines), ...this.content.lines.filter((one) => one.faint)]) {
      const index = nearest(line, x);
      if (index < 0 || (line.faint && this.pointer === null)) continue;
      const top = toY(this.frame(plot!), line.ys[index]!) / uPlot.pxRatio;
      const aside = plot!.valToPos(line.xs[index]!, 'x') - plot!.valToPos(x, 'x');
      const distance = this.pointer === null ? 0 : Math.hypot(top - this.pointer, aside) + (line.faint ? FAINT_PENALTY_PX : 0);
      if (Number.isFinite(distance) && (best === null || distance < best.distance)) best = { point: { line, index }, distance };
    }
    return best?.point ?? null;
  }

  /** The x `points` further than `x`, in points of the longest line but at least half a pixel. */
  moveBy(x: number | null, points: number): number {
    const [min, max] = this.x;
    const longest = mainLines(this.content.lines).reduce<L | null>((a, b) => (a && a.xs.length >= b.xs.length ? a : b), null);
    if (x === null || longest === null) return points < 0 ? max : min;
    const minStep = (max - min) / 2 / Math.max(1, this.plot?.over.clientWidth ?? 1);
    const next = longest.xs[Math.max(0, Math.min(longest.xs.length - 1, nearestIndex(longest.xs, x) + points))] ?? x;
    const target = Math.abs(next - x) < minStep ? x + minStep * points : next;
    return Math.max(min, Math.min(max, target));
  }

  get range(): Range {
    return this.x;
  }

  destroy(): void {
    this.plot?.destroy();
    this.plot = null;
    this.dots.length = 0;
    this.endLabels.clear();
  }

  /** The plot, recreated if an option changed that uPlot cannot change later. */
  private plotFor(width: number): uPlot {
    const labelSpace = Math.round(labelWidth(this.content.lines, width));
    const key = `${this.content.unit.id} ${labelSpace} ${this.palette.ink}`;
    if (this.plot !== null && key === this.key) return this.plot;
    this.destroy();
    this.key = key;
    this.plot = new uPlot(this.options(width, labelSpace), [this.x, this.y], this.host);
    this.plot.over.addEventListener('dblclick', () => this.events.zoom(null));
    return this.plot;
  }

  private options(width: number, labelSpace: number): uPlot.Options {
    return {
      width,
      height: this.heightPx(),
      padding: [8, labelSpace, 0, 0],
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
        setCursor: [(plot) => this.cursorMoved(plot)],
        setSelect: [(plot) => this.selected(plot)],
      },
    };
  }

  private xAxis(): uPlot.Axis {
    const time = this.content.unit.kind === 'time';
    const integer = this.content.unit.kind === 'step';
    const count = (plot: uPlot): number => Math.max(2, Math.min(10, plot.width / 60));
    return {
      ...this.axis(),
      size: 24,
      grid: { show: false },
      splits: (plot, _axis, min, max) => (time ? timeTicks([min, max], count(plot)) : ticks([min, max], count(plot), integer)),
      values: (_plot, splits) => (time ? splits.map(formatDuration) : tickLabels(splits)),
    };
  }

  private yAxis(): uPlot.Axis {
    const log = (): boolean => this.content.log;
    const count = (plot: uPlot): number => Math.max(2, Math.min(12, plot.height / 48));
    return {
      ...this.axis(),
      size: (_plot, values) => 12 + Math.max(2, ...(values ?? []).map((one) => one.length)) * 6.3,
      grid: { stroke: this.palette.grid, width: 1 },
      splits: (plot, _axis, min, max) => (log() ? logTicks([min, max], count(plot)) : ticks([min, max], count(plot))),
      values: (_plot, splits) => (log() ? logLabels(splits) : tickLabels(splits)),
    };
  }

  private axis(): uPlot.Axis {
    return { stroke: this.palette.muted, font: font(1), ticks: { show: false }, gap: 6 };
  }

  private frame(plot: uPlot): PlotFrame {
    const { left, top, width, height } = plot.bbox;
    return { left, top, width, height, x: this.x, y: this.y, log: this.content.log };
  }

  private draw(plot: uPlot): void {
    drawLines(plot.ctx, this.frame(plot), this.content.lines, this.palette, this.content.dashes, uPlot.pxRatio);
    drawFaintLabels(plot.ctx, this.frame(plot), this.content.lines, this.palette, uPlot.pxRatio);
    this.endLabels.place(this.frame(plot), this.content.lines, this.palette, plot.width, uPlot.pxRatio);
  }

  private cursorMoved(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    const x = left < 0 ? null : plot.posToVal(left, 'x');
    this.placeDots(plot, x);
    this.events.hover(x);
  }

  private trackPointer(event: MouseEvent): void {
    this.pointer = event.clientY - this.host.getBoundingClientRect().top;
  }

  private placeDots(plot: uPlot, x: number | null): void {
    const frame = this.frame(plot);
    const picked = x === null ? undefined : this.pick(x)?.line;
    const lines = x === null ? [] : mainLines(this.content.lines);
    if (picked?.faint) lines.push(picked);
    lines.forEach((line, n) => {
      const i = nearest(line, x!);
      const y = i < 0 ? NaN : (toY(frame, line.ys[i]!) - frame.top) / uPlot.pxRatio;
      const dot = (this.dots[n] ??= plot.over.appendChild(document.createElement('div')));
      dot.className = line === picked && this.pointer !== null ? 'wnb-dot wnb-dot-meant' : 'wnb-dot';
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
