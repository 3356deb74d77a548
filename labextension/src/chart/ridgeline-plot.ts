import { formatDuration, tickLabels } from '../model/format';
import { binCount, shades, spaced } from '../model/heatmap';
import type { Range } from './axis-ranges';
import type { CellPosition, HeatmapContent } from './heatmap-plot';
import { visibleRange } from './heatmap-plot';
import type { Palette } from './palette';
import { heatColour } from './palette';
import { PlotCanvas } from './plot-canvas';
import { ticks } from './ticks';

const MAX_RIDGES = 24;
/** How far the highest ridge reaches, in distances between ridges. */
const OVERLAP = 5;
const [TOP, BOTTOM, LEFT, RIGHT, LABEL_PX, TICK_PX] = [8, 24, 12, 64, 16, 70];
/** The colours of the oldest and the newest ridge on the scale of heat maps. */
const [OLDEST, NEWEST] = [0.25, 0.7];

/** Histograms over steps as ridges: bins along x, one outline for each step, the newest in front. */
export class RidgelinePlot {
  private readonly canvas: PlotCanvas;
  private content: HeatmapContent | null = null;
  /** The steps that are drawn, from the back to the front. */
  private steps: number[] = [];

  constructor(host: HTMLElement) {
    this.canvas = new PlotCanvas(host);
  }

  /** Draw this content in the current width of the host, with `cursor` marked. */
  show(content: HeatmapContent, palette: Palette, heightPx: number, cursor: CellPosition | null): void {
    this.content = content;
    this.steps = ridgeSteps(content.xs, this.range, cursor?.step ?? null);
    const context = this.canvas.begin(heightPx);
    if (context === null) return;
    this.drawAxes(context, palette);
    this.drawRidges(context, palette, cursor);
  }

  /** The step whose foot is nearest below a position in the host, and the bin there; null outside the plot. */
  cellAt(x: number, y: number): CellPosition | null {
    if (this.content === null || x < LEFT || x > this.canvas.width - RIGHT || y < TOP || y > this.canvas.height - BOTTOM) return null;
    const place = Math.max(0, this.steps.findIndex((_, i) => this.foot(i) >= y));
    const bins = binCount(this.content.heatmap);
    const bin = Math.floor(((x - LEFT) / this.plotWidth) * bins);
    return this.steps.length === 0 ? null : { step: this.steps[place]!, bin: Math.max(0, Math.min(bins - 1, bin)) };
  }

  get range(): Range {
    return visibleRange(this.content!);
  }

  destroy(): void {
    this.canvas.destroy();
  }

  private get plotWidth(): number {
    return this.canvas.width - LEFT - RIGHT;
  }

  private get distance(): number {
    return (this.canvas.height - TOP - BOTTOM) / (this.steps.length - 1 + Math.min(OVERLAP, this.steps.length));
  }

  /** The y of the foot of a ridge by its place. */
  private foot(place: number): number {
    return this.canvas.height - BOTTOM - (this.steps.length - 1 - place) * this.distance;
  }

  private drawRidges(context: CanvasRenderingContext2D, palette: Palette, cursor: CellPosition | null): void {
    const { heatmap } = this.content!;
    const { values, max } = shades(heatmap);
    const bins = binCount(heatmap);
    const peakPx = this.distance * Math.min(OVERLAP, this.steps.length);
    this.steps.forEach((step, place) => {
      const foot = this.foot(place);
      const shape = new Path2D(`M${LEFT} ${foot}`);
      for (let j = 0; j < bins; j++) shape.lineTo(this.binX(j + 0.5), foot - (max > 0 ? values[step * bins + j]! / max : 0) * peakPx);
      shape.lineTo(LEFT + this.plotWidth, foot);
      context.fillStyle = heatColour(palette, OLDEST + (NEWEST - OLDEST) * (place / Math.max(1, this.steps.length - 1)));
      context.fill(shape);
      context.strokeStyle = step === cursor?.step ? palette.ink : palette.background;
      context.lineWidth = step === cursor?.step ? 2 : 1;
      context.stroke(shape);
      if (step === cursor?.step) this.drawCursor(context, palette, this.binX(cursor.bin + 0.5), foot - (max > 0 ? values[step * bins + cursor.bin]! / max : 0) * peakPx);
    });
  }

  private drawCursor(context: CanvasRenderingContext2D, palette: Palette, x: number, y: number): void {
    context.beginPath();
    context.arc(x, y, 3.5, 0, 2 * Math.PI);
    context.fillStyle = palette.ink;
    context.fill();
  }

  private binX(bin: number): number {
    return LEFT + (bin / binCount(this.content!.heatmap)) * this.plotWidth;
  }

  /** Values below the ridges, and steps or times at their right ends. */
  private drawAxes(context: CanvasRenderingContext2D, palette: Palette): void {
    const { heatmap, xs, unit } = this.content!;
    const [low, high] = [heatmap.edges[0]!, heatmap.edges.at(-1)!];
    const columns = ticks([low, high], Math.max(2, this.plotWidth / TICK_PX), false);
    context.fillStyle = palette.muted;
    context.textBaseline = 'middle';
    context.textAlign = 'center';
    tickLabels(columns).forEach((label, n) => context.fillText(label, LEFT + ((columns[n]! - low) / (high - low)) * this.plotWidth, this.canvas.height - BOTTOM + 14));
    context.textAlign = 'left';
    const labelled = spaced(this.steps.length, Math.max(2, Math.floor((this.distance * this.steps.length) / LABEL_PX)));
    const positions = labelled.map((place) => xs[this.steps[place]!]!);
    const names = unit.kind === 'time' ? positions.map(formatDuration) : tickLabels(positions);
    labelled.forEach((place, n) => context.fillText(names[n]!, LEFT + this.plotWidth + 8, this.foot(place) - 3));
  }
}

/** Which steps are drawn: an even choice of those in `range`, with the last one and that of the cursor. */
export function ridgeSteps(xs: Float64Array, [start, end]: Range, cursor: number | null): number[] {
  const inside = [...xs.keys()].filter((i) => xs[i]! >= start && xs[i]! <= end);
  const drawn = new Set(spaced(inside.length, MAX_RIDGES).map((at) => inside[at]!));
  if (cursor !== null && inside.includes(cursor)) drawn.add(cursor);
  return [...drawn].sort((a, b) => a - b);
}
