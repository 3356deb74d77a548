import { describe, expect, it } from 'vitest';
import { toSnapshot } from '../src/model/snapshot';
import { RunData } from '../src/model/run-data';
import { fromSnapshot } from '../src/wire/decode';
import type { Json } from '../src/wire/messages';
import { message, run } from './messages';

function buildRun(...messages: ReturnType<typeof message>[]): RunData {
  const data = new RunData();
  messages.forEach((one) => data.apply(one));
  return data;
}

const values = (data: RunData, key = 'loss'): number[] => [...data.series.get(key)!.value.values()];

describe('run data', () => {
  it('grows by appended points', () => {
    const data = buildRun(
      message([{ key: 'loss', values: [3, 2] }]),
      message([{ key: 'loss', values: [1], mode: 'append', n: 3 }], { cursor: 'c2' }),
    );
    expect(values(data)).toEqual([3, 2, 1]);
    expect(data.cursor).toBe('c2');
  });

  it('applies a repeated append once, as when a push and an answer cross', () => {
    const more = message([{ key: 'loss', values: [1], mode: 'append', n: 3 }]);
    const data = buildRun(message([{ key: 'loss', values: [3, 2] }]), more, more);
    expect([values(data), data.cursor]).toEqual([[3, 2, 1], 'c1']);
  });

  it('requests everything if points in between are missing', () => {
    const data = buildRun(message([{ key: 'loss', values: [3, 2] }]), message([{ key: 'loss', values: [0], mode: 'append', n: 9 }]));
    expect(values(data)).toEqual([3, 2]);
    expect(data.cursor).toBe('');
  });

  it('replaces a series with its step metric', () => {
    const data = buildRun(message([{ key: 'loss', values: [3, 2] }]), message([{ key: 'loss', values: [9], x: [4] }]));
    expect(values(data)).toEqual([9]);
    expect([...data.series.get('loss')!.x!.values()]).toEqual([4]);
  });

  it('separates attempts, also across messages', () => {
    const data = buildRun(
      message([{ key: 'loss', values: [5, 4, 9], attempts: [[1, 0], [2, 2]] }]),
      message([{ key: 'loss', values: [8, 7], mode: 'append', n: 5, attempts: [[2, 0], [3, 1]] }]),
    );
    expect(data.series.get('loss')!.attempts()).toEqual([
      { attempt: 1, first: 0, end: 2 }, { attempt: 2, first: 2, end: 4 }, { attempt: 3, first: 4, end: 5 },
    ]);
  });

  it('keeps config, summary and definitions that a message omits', () => {
    const data = buildRun(message([], { config: { lr: 1 }, summary: { loss: 2 } }), message([], { config: null, summary: null, metrics: null }));
    expect([data.config, data.summary, data.metrics]).toEqual([{ lr: 1 }, { loss: 2 }, []]);
  });

  it('is behind only messages with more data', () => {
    const data = buildRun(message([{ key: 'loss', values: [1] }]));
    const behind = (rows: number, done: boolean) => data.isBehind(message([], { run: { ...run, rows }, done }));
    expect([behind(2, true), behind(3, false), behind(3, true), behind(4, false)]).toEqual([false, false, true, true]);
  });
});

describe('a snapshot', () => {
  const noise = Array.from({ length: 100_000 }, (_, i) => Math.sin(i * 0.7) + (i === 77_777 ? 100 : 0));

  it('is small for a long run, and keeps spike, start and end', () => {
    const snapshot = toSnapshot(buildRun(message([{ key: 'loss', values: noise }])), null)!;
    expect(JSON.stringify(snapshot).length).toBeLessThan(150_000);
    const series = buildRun(fromSnapshot(snapshot)).series.get('loss')!;
    expect([series.n, series.decimated]).toEqual([100_000, true]);
    expect([series.step.at(0), series.step.at(-1), Math.max(...series.value.values())]).toEqual([0, 99_999, Math.fround(100 + Math.sin(77_777 * 0.7))]);
  });

  it('is small for many metrics, a large config and long names', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ key: `layer/${i}/${'x'.repeat(50)}`, values: [1, 2, 3] }));
    const config = Object.fromEntries(Array.from({ length: 5000 }, (_, i): [string, Json] => [`key${i}`, 'y'.repeat(40)]));
    expect(JSON.stringify(toSnapshot(buildRun(message(many, { config })), null)).length).toBeLessThan(150_000);
  });

  it('keeps large steps exact', () => {
    const data = buildRun(message([{ key: 'loss', values: [1, 2], steps: [2 ** 30, 2 ** 30 + 1] }]));
    expect(toSnapshot(data, null)!.dtype).toBe('f8');
  });
});
