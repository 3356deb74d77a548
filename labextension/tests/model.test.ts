import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { distinctParts, maxLength, shortLabels } from '../src/chart/end-labels';
import { colour, dash, DASHES, PALETTES } from '../src/chart/palette';
import { edgeMarks, minMaxAreas, separateLabels, tracePath } from '../src/chart/path';
import type { PlotFrame } from '../src/chart/path';
import { exactText, flatten, formatDuration, formatNumber, formatValue, plainLine, tickLabels } from '../src/model/format';
import type { Section } from '../src/model/chart-groups';
import { groupCharts, lineLabel, titleParts } from '../src/model/chart-groups';
import { linesOf, seriesIndex, mainLines } from '../src/chart/lines';
import { unitOf } from '../src/model/axes';
import { decimate } from '../src/model/decimate';
import { nearest, yRange } from '../src/chart/axis-ranges';
import { smooth } from '../src/chart/smooth';
import { toSnapshot } from '../src/model/snapshot';
import { Overlay, runLabels } from '../src/model/overlay';
import { RunData } from '../src/model/run-data';
import { logTicks, ticks, timeTicks } from '../src/chart/ticks';
import { shortTexts } from '../src/model/value-differences';
import { trend } from '../src/model/trend';
import type { JsonObject, MetricDefinition } from '../src/wire/messages';
import { message } from './messages';

interface Case {
  about: string;
  keys: string[];
  metrics: MetricDefinition[];
  sections: Section[];
}

const shared = new URL('../../tests/view/charts_cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(shared, 'utf8')) as Case[];

describe('charts are grouped as in Python', () => {
  it.each(cases.map((one): [string, Case] => [one.about, one]))('%s', (_, { keys, metrics, sections }) => {
    expect(groupCharts(keys, metrics)).toEqual(sections);
  });

  it('also by names that every object has; those with "_" at the start are not metrics of a user', () => {
    const names = ['constructor', 'hasOwnProperty', 'toString', 'train/__proto__'];
    const data = new RunData();
    data.apply(message([...names, '__proto__', '_step'].map((key) => ({ key, values: [1, 2] })), { config: JSON.parse('{"__proto__": 1}') as JsonObject }));
    expect(Overlay.of(data).cards().flatMap(({ charts }) => charts.flatMap(({ keys }) => keys)).sort()).toEqual(names);
    expect(flatten(data.config)).toEqual([['__proto__', 1]]);
    expect(names.map((key) => data.series.get(key)!.length)).toEqual([2, 2, 2, 2]);
    expect(Object.keys(toSnapshot(data, null)!.config!)).toEqual(['__proto__']);
  });

  it('and lines are named by the part that differs', () => {
    const label = (...keys: string[]) => keys.map((key) => lineLabel(key, { title: '', keys }));
    expect(label('train/loss', 'val/loss')).toEqual(['train', 'val']);
    expect(label('loss/train', 'loss/val')).toEqual(['train', 'val']);
    expect(label('loss', 'val_loss')).toEqual(['loss', 'val_loss']);
    expect(label('loss')).toEqual(['loss']);
  });
});

describe('smoothing', () => {
  it('keeps a constant, from the first point on', () => {
    expect([...smooth(Float64Array.of(2, 2, 2), 0.9)].map((one) => one.toFixed(9))).toEqual(['2.000000000', '2.000000000', '2.000000000']);
  });

  it('skips gaps', () => {
    const [first, gap, last] = smooth(Float64Array.of(1, NaN, 3), 0.5);
    expect([first, gap, last]).toEqual([1, NaN, (0.25 + 1.5) / 0.75]);
  });
});

describe('drawing', () => {
  const frame: PlotFrame = { left: 0, top: 0, width: 100, height: 100, x: [0, 99_999], y: [0, 1], log: false };
  const path = (ys: number[], at: PlotFrame = frame) => {
    const points: [string, number, number][] = [];
    const pen = { moveTo: (x: number, y: number) => void points.push(['M', x, y]), lineTo: (x: number, y: number) => void points.push(['L', x, y]) };
    return { points, single: tracePath(pen, at, { xs: Float64Array.from(ys.keys()) }, Float64Array.from(ys)) };
  };

  it('uses a few hundred strokes for many points, and keeps spikes', () => {
    const ys = new Array<number>(100_000).fill(0.5);
    ys[54_321] = 1;
    const { points } = path(ys);
    expect(points.length).toBeLessThan(500);
    expect(points.some(([, , y]) => y === 0)).toBe(true);
  });

  it('breaks the line at gaps, and returns isolated points', () => {
    const { points, single } = path([0.1, NaN, 0.5, 0.6], { ...frame, x: [0, 3] });
    expect(points.filter(([what]) => what === 'M').length).toBe(2);
    expect(single).toEqual([[0, 90]]);
  });

  it('draws a decimated line as areas between minimum and maximum, without a sawtooth', () => {
    const ys = Float64Array.of(0.2, 0.8, 0.3, 0.7, NaN, 0.5, 0.5);
    const areas = minMaxAreas({ ...frame, x: [0, 6] }, { xs: Float64Array.from(ys.keys()) }, ys);
    expect(areas.length).toBe(2);
    const [first] = areas;
    expect(first!.upper.slice(1, -1).map(([, y]) => Math.round(y))).toEqual([20, 20, 30]);
    expect(first!.lower.slice(1, -1).map(([, y]) => Math.round(y))).toEqual([80, 70, 70]);
  });

  it('marks values that it cannot show at the edges', () => {
    const data = new RunData();
    data.apply(message([{ key: 'loss', values: [1, NaN, Infinity, -Infinity, 0, 1] }]));
    const overlay = Overlay.of(data);
    const chart = { title: 'loss', keys: ['loss'] };
    const [line] = linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'step') });
    const symbols = (log: boolean) => edgeMarks({ ...frame, x: [0, 5], log }, line!, 1).map(({ symbol }) => symbol).join('');
    expect([symbols(false), symbols(true)]).toEqual(['×▲▼', '×▲▼▼']);
  });

  it('omits values that a log axis cannot show', () => {
    expect(path([-1, 0, 10], { ...frame, x: [0, 2], log: true }).points.map(([what]) => what)).toEqual(['M']);
  });

  it('separates labels and keeps them inside', () => {
    expect(separateLabels([50, 51, 99], 10, 0, 100)).toEqual([50, 60, 99]);
    expect(separateLabels([98, 99], 10, 0, 100)).toEqual([90, 100]);
  });

  it('decimates to extremes', () => {
    const values = Float64Array.from({ length: 1000 }, (_, i) => (i === 500 ? 9 : i === 501 ? -9 : 0));
    const kept = decimate(values, 0, 1000, 20);
    expect(kept.length).toBeLessThan(25);
    expect(kept).toEqual(expect.arrayContaining([0, 500, 501, 999]));
  });

  it('has colours that pass WCAG AA on each background, and as many dashes', () => {
    for (const palette of Object.values(PALETTES)) {
      expect(contrast(palette.ink, palette.background)).toBeGreaterThan(7);
      expect(contrast(palette.muted, palette.background)).toBeGreaterThan(4.5);
      for (const line of palette.lines) expect(contrast(line, palette.background)).toBeGreaterThan(3);
      expect(DASHES.length).toBe(palette.lines.length);
    }
  });
});

describe('axes', () => {
  it('have round ticks', () => {
    expect(ticks([0, 1], 4)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticks([0, 3], 8, true)).toEqual([0, 1, 2, 3]);
    expect(timeTicks([0, 130], 4)).toEqual([0, 60, 120]);
    expect(logTicks([-3, 0], 4)).toEqual([-3, -2, -1, 0]);
    expect(ticks([1, 1], 4)).toEqual([]);
  });

  it('have short labels of equal precision', () => {
    expect(tickLabels([0, 0.5, 1])).toEqual(['0.0', '0.5', '1.0']);
    expect(tickLabels([0, 100_000, 200_000])).toEqual(['0', '100k', '200k']);
    expect(tickLabels([1_000_000.2, 1_000_000.4])).toEqual(['1,000,000.2', '1,000,000.4']);
    expect(tickLabels([1_234_500, 1_234_600])).toEqual(['1.2345M', '1.2346M']);
    expect(tickLabels([1.0001e-5, 1.0002e-5])).toEqual(['1.0001e-5', '1.0002e-5']);
    expect(tickLabels([10_000, 12_500])).toEqual(['10,000', '12,500']);
  });

  it('have distinct labels for every range', () => {
    for (const middle of [0, 1e-9, 0.5, 1, 99_999.9, 1e6, 3.3e8, 1e12]) {
      for (const width of [1e-12, 1e-6, 1e-3, 0.4, 7, 1e4, 1e9]) {
        const values = ticks([middle - width, middle + width], 5);
        const labels = tickLabels(values);
        expect([labels.length, new Set(labels).size]).toEqual([values.length, values.length]);
      }
    }
  });

  it('show the step metric if all metrics of a chart share it', () => {
    const data = new RunData();
    data.apply(message([{ key: 'a/loss', values: [1], x: [1] }, { key: 'b/loss', values: [1] }]));
    const overlay = Overlay.of(data);
    expect(unitOf(overlay, { title: 'loss', keys: ['a/loss'] }, 'auto').label).toBe('epoch');
    expect(unitOf(overlay, { title: 'loss', keys: ['a/loss', 'b/loss'] }, 'auto').label).toBe('step');
  });

  it('leave out outliers if asked to', () => {
    const data = new RunData();
    const values = Array.from({ length: 200 }, (_, i) => (i === 100 ? 1e6 : Math.sin(i)));
    data.apply(message([{ key: 'loss', values }]));
    const overlay = Overlay.of(data);
    const chart = { title: 'loss', keys: ['loss'] };
    const lines = linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'step') });
    expect(yRange(lines, [0, 199], false)[1]).toBeGreaterThan(1e6);
    expect(yRange(lines, [0, 199], false, true)[1]).toBeLessThan(8);
    expect(yRange(lines, [0, 199], true, true)[1]).toBeLessThan(3);
  });

  it('span the visible values, including spikes', () => {
    const data = new RunData();
    data.apply(message([{ key: 'loss', values: [0, 1, 50, 1, 1, 1], attempts: [[1, 0], [2, 3]] }]));
    const chart = { title: 'loss', keys: ['loss'] };
    const lines = linesOf(Overlay.of(data), chart, { unit: unitOf(Overlay.of(data), chart, 'step') });
    expect(lines.map((line) => [line.attempt, line.faint])).toEqual([[1, true], [2, false]]);
    expect(yRange(lines, [0, 5], false)[1]).toBe(53);
    expect(nearest(lines[1]!, 3.4)).toBe(0);
  });
});

describe('several runs in one chart', () => {
  const data = (...values: number[]): RunData => {
    const made = new RunData();
    made.apply(message([{ key: 'train/loss', values }, { key: 'val/loss', values }], { metrics: [] }));
    return made;
  };
  const two = (): Overlay => {
    const overlay = Overlay.of(data(3, 2, 1), data(4, 2));
    overlay.runs.forEach((run, i) => (run.label = `run-${i}`));
    return overlay;
  };

  it('have one chart per metric, and a colour, dash and name per run', () => {
    const overlay = two();
    expect(overlay.sections().flatMap((one) => one.charts.map((chart) => chart.title))).toEqual(['train/loss', 'val/loss']);
    const chart = { title: 'train/loss', keys: ['train/loss'] };
    const lines = linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'step') });
    expect(lines.map((line) => [line.label, line.style, line.dash, line.faint])).toEqual([['run-0', 0, 0, false], ['run-1', 1, 1, false]]);
    overlay.runs[0]!.hidden = true;
    expect(linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'step') }).map((line) => [line.label, line.hidden])).toEqual([['run-0', true], ['run-1', false]]);
  });

  it('are drawn faintly in the background, named, in the colours of their metrics', () => {
    const overlay = two();
    overlay.runs[1]!.role = 'background';
    expect(overlay.sections().flatMap((one) => one.charts.map((chart) => chart.title))).toEqual(['loss']);
    const chart = { title: 'loss', keys: ['train/loss', 'val/loss'] };
    const lines = linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'step') });
    expect(lines.map((line) => [line.label, line.style, line.faint, line.endLabel])).toEqual([
      ['run-1', 0, true, 'run-1'], ['run-1', 1, true, ''], ['train', 0, false, ''], ['val', 1, false, ''],
    ]);
    expect(mainLines(lines).length).toBe(2);
  });

  it('are distinguished by id if names are equal, and by dash beyond the colours', () => {
    expect(runLabels([{ name: 'a', id: '1' }, { name: 'a', id: '2' }, { name: '', id: '3' }])).toEqual(['a (1)', 'a (2)', '3']);
    const looks = Array.from({ length: 64 }, (_, i) => `${colour(PALETTES.light, i)} ${dash(i).join(',')}`);
    expect(new Set(looks).size).toBe(64);
  });

  it('keep the middle of their title when another split joins', () => {
    expect(['train/loss', 'loss_val', 'lr', 'train/train'].map(titleParts)).toEqual([['train/', 'loss', ''], ['', 'loss', '_val'], ['', 'lr', ''], ['', 'train', '/train']]);
    for (const key of ['train/gan/loss', 'val_acc']) expect([titleParts(key).join(''), groupCharts([key, key.replace(/train|val/, 'test')], [])[0]!.charts[0]!.title]).toEqual([key, titleParts(key)[1]]);
  });

  it('have short labels that keep what differs', () => {
    expect(shortLabels(['lr=0.1', 'lr=0.2'], 9)).toEqual(['lr=0.1', 'lr=0.2']);
    expect([200, 330, 460, 1100].map(maxLength)).toEqual([9, 10, 13, 18]); // a wide chart has room for a run's name
    expect(shortLabels(['dropout=0.1', 'dropout=0.15'], 9)).toEqual(['0.1', '0.15']);
    expect(shortLabels(['weight_decay=1e-5', 'weight_decay=-1e-4'], 9)).toEqual(['1e-5', '-1e-4']);
    expect(shortLabels(['learning_rate=1e-5', 'learning_rate=1e-4'], 9)).toEqual(['1e-5', '1e-4']);
    expect(shortLabels(['layer0.attention.weight', 'layer1.attention.weight'], 9)).toEqual(['layer0', 'layer1']);
    expect(shortLabels(['snowy-owl-10 (a1)', 'snowy-owl-10 (c3)', 'val'], 9)).toEqual(['snow…(a1)', 'snow…(c3)', 'val']);
    expect(shortLabels(['lr=0.025, width=64 · amber-fox', 'lr=0.1, width=64 · swift-owl'], 24)).toEqual(['lr=0.025, wi…· amber-fox', 'lr=0.1, widt…· swift-owl']);
    expect(shortLabels(['lr=0.1, width=64', 'lr=0.1, width=128'], 9)).toEqual(['width=64', 'width=128']);
    expect(shortLabels(['same-long-name', 'same-long-name'], 9)).toEqual(['same…name', 'same…name']);
    expect(shortLabels(['only-one-long-name'], 9)).toEqual(['only…name']);
  });

  it('are labelled with the first part that differs', () => {
    expect(distinctParts(['lr=0.025, width=64 · amber-fox', 'lr=0.1, width=64 · swift-owl'])).toEqual(['lr=0.025', 'lr=0.1']);
    expect(distinctParts(['lr=0.1, drop=0.1 · a', 'lr=0.2, drop=0.2 · b', 'lr=0.1, drop=0.3 · c'])).toEqual(['drop=0.1', 'drop=0.2', 'drop=0.3']);
    expect(distinctParts(['lr=0.1 · amber-fox', 'amber-fox'])).toEqual(['lr=0.1', 'amber-fox']);
    expect(distinctParts(['lr=0.1 · fox', 'lr=0.1 · owl', 'fox'])).toEqual(['lr=0.1 · fox', 'lr=0.1 · owl', 'fox']);
    expect(distinctParts(['train', 'val'])).toEqual(['train', 'val']);
    expect(distinctParts(['a', 'a'])).toEqual(['a', 'a']);
  });

  it('know the index of a sorted point in its series', () => {
    const made = new RunData();
    made.apply(message([{ key: 'loss', values: [7, 8, 9, 5], x: [3, 1, 2, 0], attempts: [[0, 0], [1, 3]] }]));
    const chart = { title: 'loss', keys: ['loss'] };
    const overlay = Overlay.of(made);
    const [first, second] = linesOf(overlay, chart, { unit: unitOf(overlay, chart, 'auto') });
    expect([...first!.ys]).toEqual([8, 9, 7]);
    expect([0, 1, 2].map((i) => seriesIndex(first!, i))).toEqual([1, 2, 0]);
    expect([seriesIndex(second!, 0), first!.endLabel, second!.endLabel]).toEqual([3, 'attempt 1', 'attempt 2']);
  });
});

describe('text and numbers', () => {
  it('are short and exact enough', () => {
    expect([0.123456, 1234567, 1e-7, NaN, -3, 0].map(formatNumber)).toEqual(['0.1235', '1,234,567', '1e-7', 'NaN', '−3', '0']);
    expect([0, 0.042, 0.42, 4.25, 42, 185, 7800].map(formatDuration)).toEqual(['0s', '0.04s', '0.4s', '4.3s', '42s', '3:05', '2:10:00']);
  });

  it('never show 17 digits, but have them to copy', () => {
    expect([0.1 + 0.2, [0.1 + 0.2, 1], 'x'].map(formatValue)).toEqual(['0.3', '[0.3,1]', 'x']);
    expect(formatValue(Array.from({ length: 2000 }, (_, i) => i))).toMatch(/^\[0,1,2,.*,4\d, … \(2,000 values\)\]$/);
    expect(exactText(0.1 + 0.2)).toBe('0.30000000000000004');
    expect(shortTexts(['0.30000000000000004', '0.5', null])).toEqual(['0.3', '0.5', null]);
    expect(shortTexts(['0.1234567', '0.1234568'])).toEqual(['0.1234567', '0.1234568']);
  });

  it('describe a trend', () => {
    const data = new RunData();
    data.apply(message([{ key: 'loss', values: [1, NaN, 0.02, 0.04] }]));
    expect(trend(data, 'loss')).toBe('loss 1 → 0.04, lowest 0.02 at step 2');
  });

  it('have at most about six digits', () => {
    expect([0.123456, 12.34567, 1234.5678, 123456.789, 1e9 / 7, -99999.96].map(formatNumber)).toEqual(['0.1235', '12.35', '1,234.6', '123,457', '142.857M', '−100,000']);
  });

  it('show nested config as dotted rows, without control characters', () => {
    expect(flatten({ a: { b: 1, c: [1, 2] }, d: 'x' })).toEqual([['a.b', 1], ['a.c', [1, 2]], ['d', 'x']]);
    expect(plainLine('a\u001b[31m\nb\u202e')).toBe('a [31m b ');
  });
});

function contrast(one: string, other: string): number {
  const luminance = (hex: string): number => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(hex.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  };
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high! + 0.05) / (low! + 0.05);
}
