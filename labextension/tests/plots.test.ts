// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { PALETTES } from '../src/chart/palette';
import { runSvg } from '../src/chart/svg';
import { Overlay } from '../src/model/overlay';
import { RunData } from '../src/model/run-data';
import { buildPlot } from '../src/plots/build-plot';
import { drawPlot, plotSvg } from '../src/plots/draw-plot';
import type { BarPlot, HistogramPlot, MatrixPlot, Plot, PointPlot } from '../src/plots/plot-model';
import { builtInSpec } from '../src/plots/plot-specs';
import { tableCsv } from '../src/tables/table-csv';
import { concatTables, parseTable } from '../src/tables/table-data';
import { loadTable, tableFiles } from '../src/tables/table-store';
import type { Json, MediaSeries, PlotHeader } from '../src/wire/messages';
import { message } from './messages';

const HOSTILE = '</text><img src=x onerror=window.harmed=1>';
const chart = (spec: string, fields: Record<string, string> = {}, texts: Record<string, string> = {}): PlotHeader => ({ key: 'c', spec, table: 'c_table', fields, texts });
const build = (header: PlotHeader, ...tables: [columns: string[], rows: Json[][]][]): Plot | null =>
  buildPlot(header, builtInSpec(header.spec)!, tables.map(([columns, rows], i) => ({ label: `run${i}`, style: i, table: { columns, rows } })));
const view = (log = false) => ({ width: 400, height: 200, palette: PALETTES.light, log, hidden: new Set<number>() });
const files = (...steps: number[]): MediaSeries['rows'] => steps.map((step) => ({
  step, time: 0, files: [{ kind: 'incremental-table', path: `media/table/t_${step}.table.json`, caption: '', width: null, height: null, size: 9 }],
}));

describe('the built-in charts', () => {
  it('are known by name, whatever their version; specs of users are not', () => {
    for (const name of ['line/v0', 'bar/v0', 'histogram/v0', 'lineseries/v0', 'area-under-curve/v0', 'confusion_matrix/v1', 'silhouette_/v1']) expect(builtInSpec(`wandb/${name}`)).toBeDefined();
    for (const name of ['me/line/v0', 'wandb/mine/v0', 'wandb/constructor/v0', 'line', '']) expect(builtInSpec(name)).toBeUndefined();
  });

  it('lines: one for each stroke, by ascending x, with gaps where a value is missing', () => {
    const plot = build(chart('wandb/line/v0', { x: 'step', y: 'height', stroke: 'lr' }), [['step', 'lr', 'height'], [[2, 'a', 5], [1, 'a', 4], [1, 'b', null], [3, 'a', '6']]]) as PointPlot;
    expect(plot.series.map(({ name, xs, ys }) => [name, [...xs], [...ys]])).toEqual([['a', [1, 2, 3], [4, 5, 6]], ['b', [1], [NaN]]]);
    expect([plot.xLabel, plot.yLabel]).toEqual(['step', 'height']);
  });

  it('lines over words have these on the x axis', () => {
    const plot = build(chart('wandb/line/v0', { x: 'day', y: 'n' }), [['day', 'n'], [['Mon', 1], ['Tue', 3], ['Wed', 2]]]) as PointPlot;
    expect([plot.names, [...plot.series[0]!.xs]]).toEqual([['Mon', 'Tue', 'Wed'], [0, 1, 2]]);
  });

  it('curves of several runs: colours are runs, dashes are classes', () => {
    const table: [string[], Json[][]] = [['class', 'fpr', 'tpr'], [['n', 0, 0], ['n', 1, 1], ['p', 0, 0.5], ['p', 1, 1]]];
    const plot = build(chart('wandb/area-under-curve/v0', { x: 'fpr', y: 'tpr', class: 'class' }, { 'x-axis-title': 'False' }), table, table) as PointPlot;
    expect(plot.series.map(({ name, style }) => [name, style])).toEqual([['run0 · n', 0], ['run0 · p', 0], ['run1 · n', 1], ['run1 · p', 1]]);
    expect(new Set(plot.series.map(({ style, dash }) => `${style} ${dash}`)).size).toBe(4);
    expect([plot.unit, plot.xLabel]).toEqual([true, 'False']);
  });

  it('bars: one for each label and run, none where a run lacks the label', () => {
    const plot = build(chart('wandb/bar/v0', { label: 'l', value: 'v' }), [['l', 'v'], [['a', 1], ['b', 2]]], [['l', 'v'], [['b', 3], ['c', 4]]]) as BarPlot;
    expect(plot.labels).toEqual(['a', 'b', 'c']);
    expect(plot.series.map(({ values }) => [...values])).toEqual([[1, 2, NaN], [NaN, 3, 4]]);
  });

  it('histograms count each value once, as a simple count does', () => {
    const values = Array.from({ length: 500 }, (_, i) => Math.sin(i) * 7);
    const plot = build(chart('wandb/histogram/v0', { value: 'x' }), [['x'], values.map((value) => [value])]) as HistogramPlot;
    const [{ counts }] = plot.series as [HistogramPlot['series'][number]];
    const expected = [...counts].map((_, i) => values.filter((value) => value >= plot.edges[i]! && (value < plot.edges[i + 1]! || i === counts.length - 1)).length);
    expect([...counts]).toEqual(expected);
    const few = build(chart('wandb/histogram/v0', { value: 'x' }), [['x'], [[1], [3], [3]]]) as HistogramPlot;
    expect([[...few.edges], [...few.series[0]!.counts]]).toEqual([[0.5, 1.5, 2.5, 3.5], [1, 0, 2]]);
  });

  it('confusion matrices have actual classes as rows, and a matrix for each run', () => {
    const fields = { Actual: 'Actual', Predicted: 'Predicted', nPredictions: 'nPredictions' };
    const table: [string[], Json[][]] = [['Actual', 'Predicted', 'nPredictions'], [['cat', 'cat', 5], ['cat', 'dog', 1], ['dog', 'cat', 2], ['dog', 'dog', 7]]];
    const plot = build(chart('wandb/confusion_matrix/v1', fields), table, table) as MatrixPlot;
    expect([plot.labels, [...plot.series[0]!.counts], plot.series.length]).toEqual([['cat', 'dog'], [5, 1, 2, 7], 2]);
    const drawing = drawPlot(plot, view());
    expect(drawing.targets.map(({ text }) => text)[1]).toBe('run0 · Actual cat · Predicted dog · 1');
  });

  it('of scikit-learn find their columns without names of fields', () => {
    const plot = build(chart('wandb/confusion_matrix/v1'), [['Predicted', 'Actual', 'Count'], [['a', 'b', 2]]]) as MatrixPlot;
    expect([...plot.series[0]!.counts]).toEqual([0, 2, 0, 0]); // b is actual, so it comes first
    const bars = build(chart('wandb/class_proportions/v1'), [['class', 'dataset', 'count'], [['a', 'train', 9], ['a', 'test', 3]]]) as BarPlot;
    expect(bars.series.map(({ name, values }) => [name, ...values])).toEqual([['train', 9], ['test', 3]]);
  });

  it('are not drawn of tables without their columns', () => {
    expect(build(chart('wandb/line/v0', { x: 'x', y: 'missing' }), [['x', 'y'], [[1, 2]]])).toBeNull();
  });
});

describe('the drawing', () => {
  const kinds: [string, Record<string, string>][] = [['line', { x: 'x', y: 'y', stroke: 's' }], ['scatter', { x: 'x', y: 'y' }], ['bar', { label: 's', value: 'y' }], ['histogram', { value: 'x' }], ['confusion_matrix', { Actual: 's', Predicted: 's', nPredictions: 'y' }]];

  it.each(kinds)('of a %s is well-formed, escapes all text and has a mark for each value', (kind, fields) => {
    const plot = build(chart(`wandb/${kind}/v0`, fields), [['x', 'y', 's'], [[1, 2, HOSTILE], [2, 3, 'b'], [NaN, Infinity, 'c'], [null, null, null]]])!;
    for (const log of [false, true]) {
      const { markup } = plotSvg(HOSTILE, plot, log, new Set());
      const parsed = new DOMParser().parseFromString(markup, 'image/svg+xml');
      expect(parsed.querySelector('parsererror, img, script')).toBeNull();
      expect(markup).not.toMatch(/NaN|Infinity|undefined/);
    }
    const { targets } = drawPlot(plot, view());
    expect(targets.length).toBeGreaterThan(1);
    expect(targets.every(({ x, y }) => Number.isFinite(x + y))).toBe(true);
  });

  it('leaves out hidden series', () => {
    const plot = build(chart('wandb/line/v0', { x: 'x', y: 'y', stroke: 's' }), [['x', 'y', 's'], [[1, 2, 'a'], [2, 3, 'b']]])!;
    expect(drawPlot(plot, { ...view(), hidden: new Set([0]) }).targets.map(({ text }) => text)).toEqual(['b · x 2 · y 3']);
  });
});

describe('tables', () => {
  it('are parsed with the bare words of Python, which stay in texts', () => {
    const { columns, rows } = parseTable('{"columns": ["a", 3], "data": [[NaN, "NaN \\" Infinity"], [-Infinity, null], 5]}');
    expect([columns, rows]).toEqual([['a', '3'], [[null, 'NaN " Infinity'], [-Infinity, null], []]]);
    expect(() => parseTable('{"columns": 1}')).toThrow();
    expect(() => parseTable('[1')).toThrow();
  });

  it('of increments are joined up to the chosen step, by the names of their columns', async () => {
    const series: MediaSeries = { key: 't', n: 3, rows: files(0, 10, 20) };
    expect(tableFiles(series, 10).map(({ path }) => path)).toEqual(['media/table/t_0.table.json', 'media/table/t_10.table.json']);
    expect(tableFiles(series, null).length).toBe(3);
    expect(concatTables([{ columns: ['b', 'a'], rows: [[1, 2]] }, { columns: ['a', 'c'], rows: [[3, 4]] }])).toEqual({ columns: ['a', 'c'], rows: [[2, null], [3, 4]] });
    const data = new RunData();
    let requests = 0;
    data.mediaFiles.load = async (path) => {
      requests += 1;
      return new TextEncoder().encode(JSON.stringify({ columns: ['p'], data: [[path]] })).buffer;
    };
    const load = () => loadTable(data.mediaFiles, tableFiles(series, 10));
    expect((await load()).rows.length).toBe(2);
    await load();
    expect(requests).toBe(2);
  });

  it('become CSV without formulas, with the run in front if there are several', () => {
    const table = { columns: ['a', 'b'], rows: [['=1+1', null], ['x,"y"', true]] as Json[][] };
    expect(tableCsv([{ label: 'r', table }])).toBe('a,b\r\n\'=1+1,\r\n"x,""y""",true\r\n');
    expect(tableCsv([{ label: 'r', table }, { label: '@s', table: { columns: ['b'], rows: [[-2]] } }])).toBe('run,a,b\r\nr,\'=1+1,\r\nr,"x,""y""",true\r\n\'@s,,-2\r\n');
  });
});

describe('the saved picture of a run', () => {
  it('has the charts whose tables were loaded, and no empty ones for media', async () => {
    const data = new RunData();
    const media = { key: 'c_table', n: 1, rows: files(0) };
    data.apply(message([], { media: [media], plots: [chart('wandb/line/v0', { x: 'x', y: 'y' }, { title: 'Loss & more' })] }));
    expect(runSvg(data).markup).not.toContain('Loss');
    data.mediaFiles.load = async () => new TextEncoder().encode(JSON.stringify({ columns: ['x', 'y'], data: [[0, 1], [1, 3]] })).buffer;
    await loadTable(data.mediaFiles, tableFiles(media, null));
    const { markup } = runSvg(data);
    expect(markup).toContain('Loss &amp; more');
    expect(new DOMParser().parseFromString(markup, 'text/html').querySelectorAll('svg path[d^="M"]').length).toBeGreaterThan(0);
  });
});

describe('charts of tables among the cards', () => {
  it('are there for built-in specs whose table is logged, in the place of their tables', () => {
    const data = new RunData();
    const plots = [chart('wandb/line/v0', {}, { title: 'Loss' }), { ...chart('wandb/bar/v0'), key: 'd', table: 'missing' }, { ...chart('me/spec'), key: 'e', table: 'e_table' }];
    data.apply(message([], { media: ['c_table', 'e_table'].map((key) => ({ key, n: 1, rows: files(0) })), plots }));
    expect(Overlay.of(data).cards().flatMap(({ charts }) => charts)).toEqual([
      { title: 'Loss', keys: ['c_table'], kind: 'plot', plot: 'c' },
      { title: 'e_table', keys: ['e_table'], kind: 'media', run: 'abcd1234' },
    ]);
  });
});
