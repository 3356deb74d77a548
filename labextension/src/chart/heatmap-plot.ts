import type { XUnit } from '../model/axes';
import { formatDuration, formatNumber, tickLabels } from '../model/format';
import type { Heatmap } from '../model/heatmap';
import { binCount, shades } from '../model/heatmap';
import type { Range } from './axis-ranges';
import type { Palette } from './palette';
import { heatColour } from './palette';
import { PlotCanvas } from './plot-canvas';
import { ticks, timeTicks } from './ticks';

/** What a heat map shows; `xs` is the position of each of its steps, ascending. */
export interface HeatmapContent {
  heatmap: Heatmap;
  xs: Float64Array;
  unit: XUnit;
  zoom: Range | null;
}

/** A step and a bin. */
export interface CellPosition {
  step: number;
  bin: number;
}

const [TOP, BOTTOM, RIGHT, MIN_LEFT] = [8, 24, 64, 36];
const LEGEND_WIDTH = 8;
const CHARACTER_PX = 6.3;

/** A heat map on a canvas: steps along x, bins or indices along y, a scale of its colours at the right. */
export class HeatmapPlot {
  private readonly canvas: PlotCanvas;
  private content: HeatmapContent | null = null;
  private left = MIN_LEFT;

  constructor(host: HTMLElement) {
    this.canvas = new PlotCanvas(host);
  }

  /** Draw this content in the current width of the host, with `cursor` outlined. */
  show(content: HeatmapContent, palette: Palette, heightPx: number, cursor: CellPosition | null): void {
    this.content = content;
    const context = this.canvas.begin(heightPx);
    if (context === null) return;
    this.drawAxes(context, palette);
    this.drawCells(context, palette);
    if (cursor !== null) this.drawCursor(context, palette, cursor);
    this.drawScale(context, palette);
  }

  /** The cell at a position in the host; null outside the plot. */
  cellAt(x: number, y: number): CellPosition | null {
    if (this.content === null || x < this.left || x > this.canvas.width - RIGHT || y < TOP || y > this.canvas.height - BOTTOM) return null;
    const { xs, heatmap } = this.content;
    const step = xs.findIndex((_, i) => x >= this.columnEdges(i)[0] && x <= this.columnEdges(i)[1]);
    const bin = Math.floor(((this.canvas.height - BOTTOM - y) / this.plotHeight) * binCount(heatmap));
    return step < 0 ? null : { step, bin: Math.max(0, Math.min(binCount(heatmap) - 1, bin)) };
  }

  get range(): Range {
    return visibleRange(this.content!);
  }

  destroy(): void {
    this.canvas.destroy();
  }

  private get plotWidth(): number {
    return this.canvas.width - this.left - RIGHT;
  }

  private get plotHeight(): number {
    return this.canvas.height - TOP - BOTTOM;
  }

  private toX(x: number): number {
    const [min, max] = this.range;
    return this.left + ((x - min) / (max - min)) * this.plotWidth;
  }

  /** The left and right edge of a step's column, halfway to its neighbours. */
  private columnEdges(i: number): Range {
    const { xs } = this.content!;
    const [min, max] = this.range;
    const before = i > 0 ? (xs[i - 1]! + xs[i]!) / 2 : 2 * xs[i]! - ((xs[i] ?? 0) + (xs[i + 1] ?? xs[i]! + 1)) / 2;
    const after = i < xs.length - 1 ? (xs[i]! + xs[i + 1]!) / 2 : 2 * xs[i]! - (xs.length > 1 ? (xs[i - 1]! + xs[i]!) / 2 : xs[i]! - 0.5);
    return [this.toX(Math.max(min, before)), this.toX(Math.min(max, after))];
  }

  private drawCells(context: CanvasRenderingContext2D, palette: Palette): void {
    const { heatmap, xs } = this.content!;
    const { values, min, max } = shades(heatmap);
    const bins = binCount(heatmap);
    for (let i = 0; i < xs.length; i++) {
      const [left, right] = this.columnEdges(i);
      if (!(right > left)) continue;
      for (let j = 0; j < bins; j++) {
        const value = values[i * bins + j]!;
        if (!Number.isFinite(value) || (heatmap.kind === 'histogram' && value === 0)) continue;
        context.fillStyle = heatColour(palette, shadeOf(heatmap, value, min, max));
        const [top, bottom] = [this.binY(j + 1, bins), this.binY(j, bins)];
        context.fillRect(Math.floor(left), Math.floor(top), Math.ceil(right) - Math.floor(left), Math.ceil(bottom) - Math.floor(top));
      }
    }
  }

  private binY(edge: number, bins: number): number {
    return TOP + (1 - edge / bins) * this.plotHeight;
  }

  private drawAxes(context: CanvasRenderingContext2D, palette: Palette): void {
    const { heatmap, unit } = this.content!;
    const [low, high] = [heatmap.edges[0]!, heatmap.edges.at(-1)!];
    const rows = ticks([low, high], Math.max(2, this.plotHeight / 44), heatmap.kind === 'list');
    const labels = tickLabels(rows);
    this.left = Math.max(MIN_LEFT, 12 + Math.max(...labels.map((label) => label.length)) * CHARACTER_PX);
    context.fillStyle = palette.muted;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    rows.forEach((value, n) => context.fillText(labels[n]!, this.left - 6, TOP + ((high - value) / (high - low)) * this.plotHeight));
    const count = Math.max(2, this.plotWidth / 70);
    const columns = unit.kind === 'time' ? timeTicks(this.range, count) : ticks(this.range, count, unit.kind === 'step');
    const names = unit.kind === 'time' ? columns.map(formatDuration) : tickLabels(columns);
    context.textAlign = 'center';
    columns.forEach((value, n) => context.fillText(names[n]!, this.toX(value), this.canvas.height - BOTTOM + 14));
  }

  private drawCursor(context: CanvasRenderingContext2D, palette: Palette, { step, bin }: CellPosition): void {
    const { heatmap, xs } = this.content!;
    if (step >= xs.length) return;
    const bins = binCount(heatmap);
    const [left, right] = this.columnEdges(step);
    context.strokeStyle = palette.ink;
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, TOP - 0.5, Math.max(2, right - left) + 1, this.plotHeight + 1);
    context.lineWidth = 2;
    context.strokeRect(left - 1, this.binY(bin + 1, bins) - 1, Math.max(2, right - left) + 2, this.plotHeight / bins + 2);
  }

  /** The scale of colours, with the values at its ends. */
  private drawScale(context: CanvasRenderingContext2D, palette: Palette): void {
    const { heatmap } = this.content!;
    const { min, max } = shades(heatmap);
    const x = this.canvas.width - RIGHT + 10;
    for (let y = 0; y < this.plotHeight; y++) {
      const position = 1 - y / this.plotHeight;
      context.fillStyle = heatColour(palette, heatmap.kind === 'histogram' ? Math.sqrt(position) : listShade(position));
      context.fillRect(x, TOP + y, LEGEND_WIDTH, 1.5);
    }
    context.strokeStyle = palette.muted;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, TOP + 0.5, LEGEND_WIDTH - 1, this.plotHeight - 1);
    context.fillStyle = palette.muted;
    context.textAlign = 'left';
    const label = (value: number): string => (heatmap.kind === 'histogram' ? `${formatNumber(Number((value * 100).toPrecision(2)))} %` : formatNumber(Number(value.toPrecision(3))));
    context.fillText(label(max), x + LEGEND_WIDTH + 4, TOP + 5);
    context.fillText(label(min), x + LEGEND_WIDTH + 4, TOP + this.plotHeight - 5);
  }
}

/** The visible part of the steps: the zoom, else all of them with half a step around. */
export function visibleRange({ xs, zoom }: HeatmapContent): Range {
  if (zoom !== null) return zoom;
  const [first, last] = [xs[0] ?? 0, xs.at(-1) ?? 1];
  const gap = (xs.length > 1 && (last - first) / (xs.length - 1) / 2) || 0.5;
  return [first - gap, last + gap];
}

/** The position of a value on the scale of colours. Shares grow as their square root, so that small ones are visible. */
export function shadeOf({ kind }: Heatmap, value: number, min: number, max: number): number {
  const position = max > min ? (value - min) / (max - min) : 1;
  return kind === 'histogram' ? Math.sqrt(position) : listShade(position);
}

/** The lowest value of a list differs from the background, which is a gap. */
function listShade(position: number): number {
  return 0.15 + 0.85 * position;
}
