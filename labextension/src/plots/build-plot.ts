import { metricStyle } from '../model/run-styles';
import type { Json, PlotHeader } from '../wire/messages';
import type { TableData } from '../tables/table-data';
import type { BarPlot, HistogramPlot, MatrixPlot, Plot, PointPlot, PointSeries } from './plot-model';
import type { PlotSpec } from './plot-specs';
import { columnOf } from './plot-specs';

/** The table of one run, the run's name and its colour. */
export interface PlotSource {
  label: string;
  style: number;
  table: TableData;
}

/** The columns of the fields in the table of one run. */
interface Columns extends PlotSource {
  x: number;
  y: number;
  group: number;
}

const [MAX_SERIES, MAX_BARS, MAX_CLASSES, BINS] = [50, 200, 100, 20];

/** The chart of these tables, one for each run; null if a table lacks a column that the chart needs. */
export function buildPlot(header: PlotHeader, spec: PlotSpec, sources: readonly PlotSource[]): Plot | null {
  const found = sources.map((source): Columns => {
    const column = (field: 'x' | 'y' | 'group'): number => columnOf(source.table.columns, spec, header, field);
    return { ...source, x: column('x'), y: column('y'), group: column('group') };
  }).filter(({ x, y }) => x >= 0 && (y >= 0 || spec.kind === 'histogram'));
  const first = found[0];
  if (first === undefined) return null;
  const { columns } = first.table;
  const xLabel = header.texts['x-axis-title'] ?? header.texts.xname ?? columns[first.x]!;
  const yLabel = header.texts['y-axis-title'] ?? (first.y < 0 || columns[first.y] === 'lineVal' ? '' : columns[first.y]!);
  if (spec.kind === 'bars') return { ...barPlot(found), xLabel, yLabel };
  if (spec.kind === 'histogram') return { ...histogramPlot(found), xLabel, yLabel: 'count' };
  if (spec.kind === 'matrix') return { ...matrixPlot(found), xLabel, yLabel };
  return { ...pointPlot(found, spec), xLabel, yLabel };
}

function pointPlot(sources: readonly Columns[], spec: PlotSpec): Omit<PointPlot, 'xLabel' | 'yLabel'> {
  const kind = spec.kind === 'points' ? 'points' : 'lines';
  const numeric = sources.every(({ table, x }) => table.rows.every((row) => row[x] == null || toNumber(row[x]) !== null));
  const names = numeric ? null : distinct(sources.flatMap(({ table, x }) => table.rows.map((row) => textOf(row[x])))).slice(0, MAX_BARS);
  const places = new Map(names?.map((name, i) => [name, i]));
  const toX = (cell: Json | undefined): number => (names === null ? (toNumber(cell) ?? NaN) : (places.get(textOf(cell)) ?? NaN));
  const series = sources.flatMap((source) => [...groups(source)].map(([name, rows], i) => {
    const points = rows.map((row): [number, number] => [toX(row[source.x]), toNumber(row[source.y]) ?? NaN]).filter(([x]) => Number.isFinite(x));
    if (kind === 'lines') points.sort(([a], [b]) => a - b); // stable: of equal x the order of the rows stays
    return { ...styled(sources, source, name, i), xs: Float64Array.from(points, ([x]) => x), ys: Float64Array.from(points, ([, y]) => y) };
  }));
  return { kind, series: series.slice(0, MAX_SERIES), names, unit: spec.unit === true && isUnit(series) };
}

function barPlot(sources: readonly Columns[]): Omit<BarPlot, 'xLabel' | 'yLabel'> {
  const labels = distinct(sources.flatMap(({ table, x }) => table.rows.map((row) => textOf(row[x])))).slice(0, MAX_BARS);
  const series = sources.flatMap((source) => [...groups(source)].map(([name, rows], i) => {
    const values = new Map(rows.map((row) => [textOf(row[source.x]), toNumber(row[source.y]) ?? NaN]));
    return { ...styled(sources, source, name, i), values: Float64Array.from(labels, (label) => values.get(label) ?? NaN) };
  }));
  return { kind: 'bars', labels, series: series.slice(0, MAX_SERIES) };
}

function histogramPlot(sources: readonly Columns[]): Omit<HistogramPlot, 'xLabel' | 'yLabel'> {
  const values = sources.map(({ table, x }) => table.rows.map((row) => toNumber(row[x])).filter((value) => value !== null && Number.isFinite(value)) as number[]);
  const edges = binEdges(values.flat());
  const series = sources.map((source, i) => ({ ...styled(sources, source, '', 0), counts: countBins(values[i]!, edges) }));
  return { kind: 'histogram', edges, series };
}

function matrixPlot(sources: readonly Columns[]): Omit<MatrixPlot, 'xLabel' | 'yLabel'> {
  const labels = distinct(sources.flatMap(({ table, x, y }) => [...table.rows.map((row) => textOf(row[y])), ...table.rows.map((row) => textOf(row[x]))])).slice(0, MAX_CLASSES);
  const places = new Map(labels.map((label, i) => [label, i]));
  const series = sources.map((source) => {
    const counts = new Float64Array(labels.length ** 2);
    for (const row of source.table.rows) {
      const [actual, predicted] = [places.get(textOf(row[source.y])), places.get(textOf(row[source.x]))];
      const count = source.group < 0 ? 1 : toNumber(row[source.group]);
      if (actual !== undefined && predicted !== undefined && Number.isFinite(count)) counts[actual * labels.length + predicted]! += count!;
    }
    return { ...styled(sources, source, '', 0), counts };
  });
  return { kind: 'matrix', labels, series };
}

/** Name and colour of a series: in a comparison colours stand for runs and dashes for groups, else colours for groups. */
function styled(sources: readonly PlotSource[], { label, style }: PlotSource, group: string, number: number): Pick<PointSeries, 'name' | 'style' | 'dash'> {
  if (sources.length === 1) return { name: group, style: metricStyle(style, number), dash: metricStyle(style, number) };
  return { name: [label, group].filter(Boolean).join(' · '), style, dash: style + 8 * number };
}

/** The rows by the text of their group, in the order of appearance; all under "" without groups. */
function groups({ table, group }: Columns): Map<string, Json[][]> {
  const result = new Map<string, Json[][]>();
  for (const row of table.rows) {
    const name = group < 0 ? '' : textOf(row[group]);
    const members = result.get(name);
    if (members) members.push(row);
    else result.set(name, [row]);
  }
  return result;
}

/** About 20 bins of equal width; whole numbers of few kinds have a bin each. */
function binEdges(values: readonly number[]): Float64Array {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  if (!(min <= max)) return Float64Array.of(0, 1);
  if (max - min < BINS && values.every(Number.isInteger)) return Float64Array.from({ length: max - min + 2 }, (_, i) => min - 0.5 + i);
  if (min === max) return Float64Array.of(min - 0.5, min + 0.5);
  return Float64Array.from({ length: BINS + 1 }, (_, i) => min + ((max - min) * i) / BINS);
}

function countBins(values: readonly number[], edges: Float64Array): Float64Array {
  const counts = new Float64Array(edges.length - 1);
  const [low, width] = [edges[0]!, edges[1]! - edges[0]!];
  for (const value of values) counts[Math.min(counts.length - 1, Math.max(0, Math.floor((value - low) / width)))]! += 1;
  return counts;
}

function isUnit(series: readonly PointSeries[]): boolean {
  return series.every(({ xs, ys }) => [...xs, ...ys].every((value) => Number.isNaN(value) || (value >= 0 && value <= 1)));
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}

/** A number, also one in a text or a bool; null for anything else. */
function toNumber(cell: Json | undefined): number | null {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'boolean') return Number(cell);
  return typeof cell === 'string' && cell.trim() !== '' && Number.isFinite(Number(cell)) ? Number(cell) : null;
}

function textOf(cell: Json | undefined): string {
  return cell === null || cell === undefined ? '' : typeof cell === 'string' ? cell : JSON.stringify(cell);
}
