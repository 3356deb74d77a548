import { describe, expect, it } from 'vitest';
import { heatColour, PALETTES } from '../src/chart/palette';
import { ridgeSteps } from '../src/chart/ridgeline-plot';
import { cellsAt, cellText, coarsen, describeHeatmap, heatmapsOf, shades } from '../src/model/heatmap';
import type { Heatmap } from '../src/model/heatmap';
import { Overlay } from '../src/model/overlay';
import { RunData } from '../src/model/run-data';
import { toSnapshot } from '../src/model/snapshot';
import { fromComm, fromSnapshot } from '../src/wire/decode';
import type { HeatmapHeader, TextSeries } from '../src/wire/messages';
import { message } from './messages';

/** A message with one heat map. */
function withHeatmap(kind: 'histogram' | 'list', steps: number[], edges: number[], cells: number[], changes = {}) {
  const base = message([]);
  const floats = [...steps, ...steps.map((step) => step / 2), ...edges, ...cells];
  const at = [0, steps.length, 2 * steps.length, 2 * steps.length + edges.length];
  const header: HeatmapHeader = {
    key: 'w', kind, n: steps.length,
    columns: { step: [at[0]!, steps.length], time: [at[1]!, steps.length], edges: [at[2]!, edges.length], cells: [at[3]!, cells.length] },
  };
  return { header: { ...base.header, heatmaps: [header], ...changes }, floats: Float64Array.from(floats) };
}

const histogram = (): Heatmap => heatmapsOf(withHeatmap('histogram', [0, 10], [0, 1, 2, 3, 4], [1, 0, 3, 0, 2, 2, 2, 2]))[0]!;
const list = (): Heatmap => heatmapsOf(withHeatmap('list', [0, 1], [-0.5, 0.5, 1.5], [-1, 3, NaN, 2]))[0]!;

describe('a heat map', () => {
  it('has a row of cells for each step, in colour by their share', () => {
    expect([...cellsAt(histogram(), 1)]).toEqual([2, 2, 2, 2]);
    expect([...shades(histogram()).values]).toEqual([0.25, 0, 0.75, 0, 0.25, 0.25, 0.25, 0.25]);
    expect([shades(histogram()).min, shades(histogram()).max]).toEqual([0, 0.75]);
    expect([shades(list()).min, shades(list()).max]).toEqual([-1, 3]);
  });

  it('is described in words', () => {
    expect(describeHeatmap(histogram())).toBe('w: 2 histograms, step 0 to 10; at step 10 median 2, middle half from 1 to 3');
    expect(describeHeatmap(list())).toBe('w: 2 lists, step 0 to 1; at step 1 1 value, 2');
    expect(cellText(histogram(), 0, 2)).toBe('2 to 3: 3 (75 %)');
    expect(cellText(list(), 0, 1)).toBe('[1]: 3');
  });

  it('keeps its counts and its last step when it is coarsened', () => {
    const small = coarsen(histogram(), 1 + 1, 2);
    expect([[...small.edges], [...small.cells], [...small.step]]).toEqual([[0, 2, 4], [1, 3, 4, 4], [0, 10]]);
    const odd = coarsen(histogram(), 2, 3);
    expect([[...odd.edges], odd.cells.length]).toEqual([[0, 2, 4], 4]);
    expect(coarsen(list(), 9, 1).cells.length).toBe(4);
  });

  it('has colours that only get darker, or lighter on a dark page', () => {
    for (const theme of ['light', 'dark'] as const) {
      const lightness = Array.from({ length: 21 }, (_, i) => heatColour(PALETTES[theme], i / 20).match(/\d+/g)!.map(Number))
        .map(([red, green, blue]) => 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!);
      const differences = lightness.slice(1).map((value, i) => (theme === 'light' ? lightness[i]! - value : value - lightness[i]!));
      expect(Math.min(...differences)).toBeGreaterThan(1);
    }
  });
});

describe('ridges', () => {
  it('are an even choice of the visible steps, with the last one and that of the cursor', () => {
    const xs = Float64Array.from({ length: 100 }, (_, i) => i);
    const steps = ridgeSteps(xs, [-0.5, 99.5], 50);
    expect([steps[0], steps.at(-1), steps.includes(50)]).toEqual([0, 99, true]);
    expect(steps.length).toBeLessThanOrEqual(25);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(ridgeSteps(xs, [9.5, 12], 50)).toEqual([10, 11, 12]);
    expect(ridgeSteps(new Float64Array(), [0, 1], null)).toEqual([]);
  });
});

describe('the data of a run', () => {
  const texts: TextSeries[] = [{ key: 'note', n: 9, rows: Array.from({ length: 9 }, (_, step) => ({ step, time: step, text: `t${step}`, cut: false })) }];

  it('keeps heat maps and texts until a message replaces them, and saves a coarse copy', () => {
    const data = new RunData();
    data.apply(withHeatmap('histogram', [0, 10], [0, 1, 2, 3, 4], [1, 0, 3, 0, 2, 2, 2, 2], { texts }));
    data.apply(message([{ key: 'loss', values: [1] }], { heatmaps: null, texts: null }));
    expect([data.heatmaps.length, data.texts[0]!.rows.length]).toEqual([1, 9]);
    const again = new RunData();
    again.apply(fromSnapshot(toSnapshot(data, null)));
    expect([[...again.heatmaps[0]!.cells], again.texts[0]!.rows.map(({ text }) => text)]).toEqual([[1, 0, 3, 0, 2, 2, 2, 2], ['t4', 't5', 't6', 't7', 't8']]);
  });

  it('has a card for each, in the section of its metric', () => {
    const data = new RunData();
    data.apply(withHeatmap('list', [0], [-0.5, 0.5], [1], { texts: [{ ...texts[0]!, key: 'val/note' }], metrics: [] }));
    data.apply(message([{ key: 'val/a/loss', values: [1] }], { heatmaps: null, texts: null }));
    const cards = Overlay.of(data).cards().map(({ prefix, charts }) => [prefix, charts.map(({ title, kind }) => [title, kind])]);
    expect(cards).toEqual([['', [['w', 'heatmap']]], ['a', [['val/a/loss', undefined]]], ['val', [['val/note', 'texts']]]]);
    expect(Overlay.of(data).isEmpty).toBe(false);
  });

  it('rejects columns beyond the data', () => {
    const bad = withHeatmap('list', [0, 1], [-0.5, 0.5], [1, 2]);
    expect(() => fromComm(bad.header, bad.floats.slice(0, 4))).toThrow('do not match');
    bad.header.heatmaps[0]!.columns.cells[1] = 1;
    expect(() => fromComm(bad.header, bad.floats)).toThrow('do not match');
  });
});
