import { ownValue } from '../../model/own-value';
import type { BarPlot, HistogramPlot, Plot, PointPlot } from '../../plots/plot-model';

const MAX_VALUES = 200_000;
const MAX_TRACES = 60;
const MAX_NAME = 120;
const MAX_BARS = 200;
const BINS = 30;
type Read = (view: DataView, at: number) => number;
/** The number types in which figures have their values as base64. */
const DTYPES: Record<string, [bytes: number, read: Read]> = {
  i1: [1, (view, at) => view.getInt8(at)], u1: [1, (view, at) => view.getUint8(at)],
  i2: [2, (view, at) => view.getInt16(at, true)], u2: [2, (view, at) => view.getUint16(at, true)],
  i4: [4, (view, at) => view.getInt32(at, true)], u4: [4, (view, at) => view.getUint32(at, true)],
  f4: [4, (view, at) => view.getFloat32(at, true)], f8: [8, (view, at) => view.getFloat64(at, true)],
};

/** A grid of numbers, row by row. */
export interface HeatFigure {
  kind: 'heat';
  rows: number[][];
  xLabel: string;
  yLabel: string;
}

/** What can be drawn of a figure; null with the reason in words. */
export type DrawnFigure = { title: string; drawing: Plot | HeatFigure | null; note: string };

interface Trace {
  type: string;
  name: string;
  mode: string;
  horizontal: boolean;
  x: unknown[];
  y: unknown[];
  z: unknown;
}

/** Read the JSON of a Plotly figure: scatter, lines, bars, histograms and heat maps. Throws if it is not a figure. */
export function readFigure(json: string): DrawnFigure {
  const { data, layout } = (JSON.parse(json) ?? {}) as { data?: unknown; layout?: Record<string, unknown> };
  if (!Array.isArray(data)) throw new Error('This is not a figure.');
  const traces = data.slice(0, MAX_TRACES).map(readTrace);
  const labels = { xLabel: titleOf(layout?.xaxis), yLabel: titleOf(layout?.yaxis) };
  const drawing = heatFigure(traces, labels) ?? histogram(traces, labels) ?? bars(traces, labels) ?? lines(traces, labels);
  const drawn = { heat: ['heatmap'], histogram: ['histogram'], bars: ['bar'], lines: ['scatter'], points: ['scatter'], matrix: [] }[drawing?.kind ?? 'matrix'] as string[];
  const others = [...new Set(traces.map(({ type }) => type).filter((type) => !drawn.includes(type)))];
  return { title: titleOf(layout), drawing, note: others.length > 0 ? `Not drawn: ${others.join(', ')}` : '' };
}

function readTrace(value: unknown): Trace {
  const trace = (value ?? {}) as Record<string, unknown>;
  const type = textOf(trace.type) || 'scatter';
  return {
    type: type === 'scattergl' ? 'scatter' : type, name: textOf(trace.name), mode: textOf(trace.mode), horizontal: trace.orientation === 'h',
    x: valuesOf(trace.x), y: valuesOf(trace.y), z: trace.z,
  };
}

function lines(traces: Trace[], labels: { xLabel: string; yLabel: string }): PointPlot | null {
  const drawn = traces.filter(({ type, y }) => type === 'scatter' && y.length > 0);
  if (drawn.length === 0) return null;
  const words = drawn.some(({ x }) => x.some((value) => typeof value === 'string'));
  const names = words ? [...new Set(drawn.flatMap(({ x }) => x.map(String)))] : null;
  const places = new Map(names?.map((name, i) => [name, i]));
  const series = drawn.map(({ name, x, y }, i) => ({
    name, style: i, dash: 0, ys: Float64Array.from(y, numberOf),
    xs: Float64Array.from(y, (_, at) => (x.length === 0 ? at : names ? (places.get(String(x[at])) ?? NaN) : numberOf(x[at]))),
  }));
  const asLines = drawn.some(({ mode, y }) => (mode === '' ? y.length > 20 || drawn.length > 0 : mode.includes('lines')));
  return { kind: asLines ? 'lines' : 'points', series, names, unit: false, ...labels };
}

function bars(traces: Trace[], labels: { xLabel: string; yLabel: string }): BarPlot | null {
  const drawn = traces.filter(({ type }) => type === 'bar');
  if (drawn.length === 0) return null;
  const of = ({ horizontal, x, y }: Trace): { names: string[]; values: unknown[] } => {
    const [places, values] = horizontal ? [y, x] : [x, y];
    return { names: values.map((_, i) => String(places[i] ?? i)), values };
  };
  const names = [...new Set(drawn.flatMap((trace) => of(trace).names))].slice(0, MAX_BARS);
  const series = drawn.map((trace, i) => {
    const { names: own, values } = of(trace);
    const byName = new Map(own.map((name, at) => [name, numberOf(values[at])]));
    return { name: trace.name, style: i, dash: 0, values: Float64Array.from(names, (name) => byName.get(name) ?? NaN) };
  });
  const turned = drawn.some(({ horizontal }) => horizontal);
  return { kind: 'bars', labels: names, series, xLabel: turned ? labels.yLabel : labels.xLabel, yLabel: turned ? labels.xLabel : labels.yLabel };
}

function histogram(traces: Trace[], labels: { xLabel: string; yLabel: string }): HistogramPlot | null {
  const drawn = traces.filter(({ type }) => type === 'histogram');
  if (drawn.length === 0) return null;
  const values = drawn.map(({ x, y }) => (x.length > 0 ? x : y).map(numberOf).filter(Number.isFinite));
  let [low, high] = [Infinity, -Infinity];
  for (const own of values) for (const value of own) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!(high >= low)) return null;
  const width = (high - low || 1) / BINS;
  const series = values.map((own, i) => {
    const counts = new Float64Array(BINS);
    for (const value of own) counts[Math.min(BINS - 1, Math.floor((value - low) / width))]! += 1;
    return { name: drawn[i]!.name, style: i, dash: 0, counts };
  });
  return { kind: 'histogram', edges: Float64Array.from({ length: BINS + 1 }, (_, i) => low + i * width), series, xLabel: labels.xLabel, yLabel: labels.yLabel || 'count' };
}

function heatFigure(traces: Trace[], labels: { xLabel: string; yLabel: string }): HeatFigure | null {
  const trace = traces.find(({ type }) => type === 'heatmap');
  if (trace === undefined) return null;
  const rows = gridOf(trace.z);
  return rows.length > 0 && rows.length * rows[0]!.length <= MAX_VALUES ? { kind: 'heat', rows, ...labels } : null;
}

/** The rows of a grid, as lists or as typed values with a shape. */
function gridOf(value: unknown): number[][] {
  const shape = textOf((value as { shape?: unknown } | null)?.shape).split(',').map(Number);
  if (shape.length === 2 && shape[1]! > 0) {
    const flat = valuesOf(value).map(numberOf);
    return Array.from({ length: Math.min(shape[0]!, flat.length / shape[1]!) }, (_, i) => flat.slice(i * shape[1]!, (i + 1) * shape[1]!));
  }
  const rows = (Array.isArray(value) ? (value as unknown[]) : []).map((row) => valuesOf(row).map(numberOf));
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return width === 0 || rows.length * width > MAX_VALUES ? [] : rows.map((row) => Array.from({ length: width }, (_, i) => row[i] ?? NaN));
}

/** The values of a list, also of one that is base64 of a number type. */
function valuesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return (value as unknown[]).slice(0, MAX_VALUES);
  const { dtype, bdata } = (value ?? {}) as { dtype?: unknown; bdata?: unknown };
  const reader = ownValue(DTYPES, textOf(dtype).replace(/^[<|]/, ''));
  if (reader === undefined || typeof bdata !== 'string') return [];
  const [size, read] = reader;
  const view = new DataView(Uint8Array.from(atob(bdata), (c) => c.charCodeAt(0)).buffer);
  return Array.from({ length: Math.min(MAX_VALUES, Math.floor(view.byteLength / size)) }, (_, i) => read(view, i * size));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' && value !== '' ? Number(value) : NaN;
}

/** A title, which is a text or an object with one. */
function titleOf(holder: unknown): string {
  const { title } = (holder ?? {}) as { title?: unknown };
  return textOf(typeof title === 'object' ? (title as { text?: unknown } | null)?.text : title);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, MAX_NAME) : '';
}
