// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latestIndex, linesOf } from '../src/chart/lines';
import type { PlotFrame } from '../src/chart/path';
import { lineForm, traceLogged } from '../src/chart/path';
import { axisMetrics, metricAxis, STEP, unitOf, xValues } from '../src/model/axes';
import { Overlay } from '../src/model/overlay';
import { requestRows } from '../src/model/row-ranges';
import { RunData } from '../src/model/run-data';
import { CommTransport } from '../src/sources/comm-transport';
import { Feed } from '../src/sources/feed';
import type { RangeRequest, Request } from '../src/wire/messages';
import { chartNote } from '../src/view/charts/chart-note';
import type { Rows } from './messages';
import { message } from './messages';

function runOf(...series: Rows[]): RunData {
  const data = new RunData();
  data.apply(message(series));
  return data;
}

const LOSS = { title: 'loss', keys: ['loss'] };
const autoLabel = (data: RunData, keys = ['loss']): string => unitOf(Overlay.of(data), { title: '', keys }, 'auto').label;
const xs = (data: RunData, metric: string): number[] => [...xValues(data, data.series.get('loss')!, metricAxis(metric))];

describe('the x axis', () => {
  it('is the epoch if each point has a larger one in its own row', () => {
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 1, 2] }, { key: 'loss', values: [3, 2, 1] }))).toBe('epoch');
    expect(autoLabel(runOf({ key: 'train/Epoch', values: [0, 0.5, 1] }, { key: 'loss', values: [2, 1], steps: [0, 2] }))).toBe('train/Epoch');
  });

  it('is the step if an epoch is missing in a row, stays the same, or goes back', () => {
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 1], steps: [0, 1] }, { key: 'loss', values: [3, 2, 1] }))).toBe('step');
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 0, 1] }, { key: 'loss', values: [3, 2, 1] }))).toBe('step');
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 1, 0] }, { key: 'loss', values: [3, 2, 1] }))).toBe('step');
    expect(autoLabel(runOf({ key: 'epochs_left', values: [0, 1, 2] }, { key: 'loss', values: [3, 2, 1] }))).toBe('step');
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 1, 2] }), ['epoch'])).toBe('step');
  });

  it('may start again in a new attempt', () => {
    const attempts: [number, number][] = [[0, 0], [1, 2]];
    const steps = [0, 1, 0, 1];
    expect(autoLabel(runOf({ key: 'epoch', values: [0, 1, 0, 1], steps, attempts }, { key: 'loss', values: [4, 3, 2, 1], steps, attempts }))).toBe('epoch');
  });

  it('can be any logged metric, except for its own chart', () => {
    const data = runOf({ key: 'tokens', values: [10, 20] }, { key: 'loss', values: [2, 1], x: [0, 1] });
    expect(axisMetrics(Overlay.of(data))).toEqual(['tokens', 'loss']);
    expect(unitOf(Overlay.of(data), LOSS, 'metric tokens')).toEqual({ id: 'metric tokens', label: 'tokens', kind: 'metric' });
    expect(unitOf(Overlay.of(data), LOSS, 'metric loss')).toEqual(STEP);
    expect(unitOf(Overlay.of(data), LOSS, 'metric absent')).toEqual(STEP);
  });

  it('takes the latest value of its metric, of the same or an earlier row', () => {
    expect(xs(runOf({ key: 'loss', values: [1, 2, 3, 4] }, { key: 'tokens', values: [50, 20], steps: [1, 3] }), 'tokens')).toEqual([NaN, 50, 50, 20]);
    const attempts: [number, number][] = [[0, 0], [1, 2]];
    const data = runOf({ key: 'loss', values: [1, 2, 3, 4], steps: [0, 1, 0, 1], attempts }, { key: 'tokens', values: [5, 7], steps: [1, 1], attempts: [[0, 0], [1, 1]] });
    expect(xs(data, 'tokens')).toEqual([NaN, 5, 5, 7]);
    expect(xs(data, 'epoch')).toEqual([NaN, NaN, NaN, NaN]);
  });
});

describe('a metric that goes back and forth', () => {
  const frame: PlotFrame = { left: 0, top: 0, width: 100, height: 100, x: [0, 10], y: [0, 10], log: false };
  const unit = metricAxis('lr');

  it('is joined in the order of logging', () => {
    const [line] = linesOf(Overlay.of(runOf({ key: 'lr', values: [0, 10, 0] }, { key: 'loss', values: [10, 5, 0] })), LOSS, { unit });
    const path: string[] = [];
    const sink = { moveTo: (x: number, y: number) => path.push(`M${x},${y}`), lineTo: (x: number, y: number) => path.push(`L${x},${y}`) };
    traceLogged(sink, frame, line!.trace!.xs, line!.trace!.ys);
    expect(path.join('')).toBe('M0,0L100,50L0,100');
    expect([...line!.xs]).toEqual([0, 0, 10]);
    expect(line!.ys[latestIndex(line!)]).toBe(0);
    expect(lineForm(line!)).toBe('path');
  });

  it('is drawn as points if only minimum and maximum are here', () => {
    const lines = linesOf(Overlay.of(runOf({ key: 'lr', values: [0, 10, 0], n: 900, decimated: true }, { key: 'loss', values: [10, 5, 0], n: 900, decimated: true })), LOSS, { unit });
    expect(lineForm(lines[0]!)).toBe('points');
    expect(chartNote(lines, { unit, zoom: null, clipped: false, isComparison: false })).toBe('lr · some of 900 points');
  });

  it('is an area if minimum and maximum are in the order of x', () => {
    const [line] = linesOf(Overlay.of(runOf({ key: 'loss', values: [10, 5, 0], n: 900, decimated: true })), LOSS, { unit: STEP });
    expect(lineForm(line!)).toBe('area');
  });
});

describe('a zoomed chart of a long run', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const long: Rows = { key: 'loss', values: [0, 9, 1, 8], steps: [0, 1, 998, 999], n: 1000, decimated: true };
  const zoom: [number, number] = [500, 501];
  const rows = message([{ key: 'loss', values: [4, 5, 6, 7], steps: [499, 500, 501, 502] }]);

  function feedOf(range: (request: RangeRequest) => Promise<ReturnType<typeof message>>, changes = {}): Feed {
    const feed = new Feed([async () => ({ pull: async () => message([long], changes), range, stop: async () => undefined, close: () => undefined })]);
    feed.join({ changed: () => undefined });
    return feed;
  }

  it('requests the rows of the range once, and draws them', async () => {
    const range = vi.fn(async () => rows);
    const feed = feedOf(range, { done: true });
    await vi.advanceTimersByTimeAsync(10);
    const overlay = Overlay.of(feed.data);
    const before = overlay.version;
    for (let i = 0; i < 5; i++) requestRows(overlay, ['loss'], STEP, zoom);
    const options = { unit: STEP, zoom, clipped: false, isComparison: false };
    expect(chartNote(linesOf(overlay, LOSS, options), options)).toBe('loading rows …');
    await vi.advanceTimersByTimeAsync(100);
    requestRows(overlay, ['loss'], STEP, zoom);
    await vi.advanceTimersByTimeAsync(5000);
    expect(range.mock.calls).toEqual([[{ keys: ['loss'], axis: 'step', metric: null, from: 500, to: 501 }]]);
    expect(overlay.version).not.toBe(before);
    const lines = linesOf(overlay, LOSS, options);
    expect([[...lines[0]!.ys], lineForm(lines[0]!), chartNote(lines, options)]).toEqual([[4, 5, 6, 7], 'path', '']);
    expect([...linesOf(overlay, LOSS, { unit: STEP })[0]!.ys]).toEqual([0, 9, 1, 8]);
  });

  it('asks again while the source is still reading', async () => {
    const answers = [message([], { more: true }), rows];
    const range = vi.fn(async () => answers.shift()!);
    const feed = feedOf(range, { done: true });
    await vi.advanceTimersByTimeAsync(10);
    const overlay = Overlay.of(feed.data);
    for (let i = 0; i < 20; i++) {
      requestRows(overlay, ['loss'], STEP, zoom);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(range.mock.calls.length).toBe(2);
    expect(feed.data.ranges.get('loss', STEP, zoom)?.length).toBe(4);
  });

  it('reports that the rows are not here if only the snapshot is', async () => {
    const feed = new Feed([]);
    feed.offerSnapshot(message([long], { done: true }));
    const overlay = Overlay.of(feed.data);
    requestRows(overlay, ['loss'], STEP, zoom);
    const options = { unit: STEP, zoom, clipped: false, isComparison: false };
    const lines = linesOf(overlay, LOSS, options);
    expect([lineForm(lines[0]!), chartNote(lines, options)]).toEqual(['area', 'min-max, rows not saved']);
  });

  it('is answered over a comm by number', async () => {
    const sent: Request[] = [];
    const transport = new CommTransport({ pushes: false, send: (request) => void sent.push(request), close: () => undefined });
    const request: RangeRequest = { keys: ['loss'], axis: 'step', metric: null, from: 1, to: null };
    const [first, second] = [transport.range(request), transport.range(request)];
    expect(sent.map((one) => (one.type === 'range' ? one.number : 0))).toEqual([1, 2]);
    transport.receive({ type: 'range', number: 2, header: rows.header }, [rows.floats]);
    expect((await second).floats.length).toBe(rows.floats.length);
    const late = expect(first).rejects.toThrow('does not answer');
    await vi.advanceTimersByTimeAsync(30_000);
    await late;
  });
});
