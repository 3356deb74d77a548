import { column } from '../wire/decode';
import type { HeatmapHeader, Message } from '../wire/messages';
import { formatNumber } from './format';

/**
 * Histograms or lists of one metric over steps. `cells` has a row of bins for each step, from `edges[j]` to `edges[j + 1]`:
 * the number of values in a histogram's bin, or the value at a list's index.
 */
export interface Heatmap {
  key: string;
  kind: 'histogram' | 'list';
  /** How many values were logged; `step` has an evenly spaced sample of them. */
  n: number;
  step: Float64Array;
  time: Float64Array;
  edges: Float64Array;
  cells: Float64Array;
}

export function heatmapsOf(message: Message): Heatmap[] {
  return (message.header.heatmaps ?? []).map(({ key, kind, n, columns }: HeatmapHeader) => {
    const copy = (name: keyof typeof columns): Float64Array => column(message, columns[name]).slice();
    return { key, kind, n, step: copy('step'), time: copy('time'), edges: copy('edges'), cells: copy('cells') };
  });
}

export function binCount({ edges }: Heatmap): number {
  return Math.max(0, edges.length - 1);
}

/** The cells of step `i`. */
export function cellsAt(heatmap: Heatmap, i: number): Float64Array {
  const bins = binCount(heatmap);
  return heatmap.cells.subarray(i * bins, (i + 1) * bins);
}

/** What is drawn in colour: the share of a step's values in each bin of a histogram, or the values of a list. */
export function shades(heatmap: Heatmap): { values: Float64Array; min: number; max: number } {
  const values = heatmap.cells.slice();
  if (heatmap.kind === 'histogram') {
    for (let i = 0; i < heatmap.step.length; i++) {
      const total = sum(cellsAt(heatmap, i)) || 1;
      cellsAt(heatmap, i).forEach((count, j) => (values[i * binCount(heatmap) + j] = count / total));
    }
  }
  const finite = values.filter(Number.isFinite);
  const [low, high] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
  return { values, min: heatmap.kind === 'histogram' ? 0 : low, max: high };
}

/** A cell in words: "0.1 to 0.2: 34 (12 %)", or "[3]: 0.42". */
export function cellText(heatmap: Heatmap, i: number, j: number): string {
  const cells = cellsAt(heatmap, i);
  const value = cells[j] ?? NaN;
  if (heatmap.kind === 'list') return `[${j}]: ${formatNumber(value)}`;
  const share = value / (sum(cells) || 1);
  return `${binName(heatmap, j)}: ${formatNumber(Number(value.toPrecision(3)))} (${formatNumber(Number((share * 100).toPrecision(2)))} %)`;
}

export function binName({ kind, edges }: Heatmap, j: number): string {
  return kind === 'list' ? `[${j}]` : `${formatNumber(edges[j]!)} to ${formatNumber(edges[j + 1]!)}`;
}

/** The values of step `i` in words: median and quartiles of a histogram, or the range of a list. */
export function summaryAt(heatmap: Heatmap, i: number): string {
  const cells = cellsAt(heatmap, i);
  if (heatmap.kind === 'list') {
    const finite = cells.filter(Number.isFinite);
    if (finite.length === 1) return `1 value, ${formatNumber(finite[0]!)}`;
    return finite.length === 0 ? 'no numbers' : `${finite.length} values from ${formatNumber(Math.min(...finite))} to ${formatNumber(Math.max(...finite))}`;
  }
  if (!(sum(cells) > 0)) return 'no values';
  const [low, median, high] = [0.25, 0.5, 0.75].map((share) => formatNumber(Number(quantile(heatmap.edges, cells, share).toPrecision(3))));
  return `median ${median}, middle half from ${low} to ${high}`;
}

/** A heat map in words, for those who do not see it. */
export function describeHeatmap(heatmap: Heatmap): string {
  const { key, kind, n, step } = heatmap;
  if (step.length === 0) return `${key}: nothing to draw`;
  const [first, last] = [formatNumber(step[0]!), formatNumber(step.at(-1)!)];
  const names = kind === 'histogram' ? 'histograms' : 'lists';
  return `${key}: ${formatNumber(n)} ${n === 1 ? names.slice(0, -1) : names}, step ${first} to ${last}; at step ${last} ${summaryAt(heatmap, step.length - 1)}`;
}

/** The same heat map with fewer steps and bins, for saving. */
export function coarsen(heatmap: Heatmap, maxSteps: number, maxBins: number): Heatmap {
  const steps = spaced(heatmap.step.length, maxSteps);
  const width = heatmap.kind === 'histogram' ? Math.ceil(binCount(heatmap) / maxBins) : 1;
  const bins = Math.ceil(binCount(heatmap) / width);
  const cells = new Float64Array(steps.length * bins);
  steps.forEach((i, row) => cellsAt(heatmap, i).forEach((value, j) => (cells[row * bins + Math.floor(j / width)]! += value)));
  const edges = Float64Array.from({ length: bins + 1 }, (_, j) => heatmap.edges[Math.min(j * width, binCount(heatmap))]!);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(steps, (i) => values[i]!);
  return { ...heatmap, step: pick(heatmap.step), time: pick(heatmap.time), edges, cells };
}

/** At most `max` indices of `count`, evenly spaced, with the last one. */
export function spaced(count: number, max: number): number[] {
  if (count <= max) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: max }, (_, i) => Math.floor((i * (count - 1)) / (max - 1)));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
}

/** The value below which `share` of the counted values are, evenly spread within bins. */
function quantile(edges: Float64Array, counts: Float64Array, share: number): number {
  let left = share * sum(counts);
  for (let j = 0; j < counts.length; j++) {
    if (left <= counts[j]! && counts[j]! > 0) return edges[j]! + (left / counts[j]!) * (edges[j + 1]! - edges[j]!);
    left -= counts[j]!;
  }
  return edges.at(-1)!;
}
