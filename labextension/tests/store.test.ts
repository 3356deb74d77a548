import { describe, expect, it } from 'vitest';
import { toSnapshot } from '../src/model/snapshot';
import { RunData } from '../src/model/store';
import { fromSnapshot } from '../src/wire/decode';
import type { Json } from '../src/wire/messages';
import { message, run } from './messages';

function held(...messages: ReturnType<typeof message>[]): RunData {
  const data = new RunData();
  messages.forEach((one) => data.apply(one));
  return data;
}

const values = (data: RunData, key = 'loss'): number[] => [...data.series.get(key)!.value.values()];

describe('run data', () => {
  it('grows by appended points', () => {
    const data = held(
      message([{ key: 'loss', values: [3, 2] }]),
      message([{ key: 'loss', values: [1], mode: 'append', n: 3 }], { cursor: 'c2' }),
    );
    expect(values(data)).toEqual([3, 2, 1]);
    expect(data.cursor).toBe('c2');
  });

  it('takes an append twice as one, as when a push and an answer cross', () => {
    const more = message([{ key: 'loss', values: [1], mode: 'append', n: 3 }]);
    const data = held(message([{ key: 'loss', values: [3, 2] }]), more, more);
    expect([values(data), data.cursor]).toEqual([[3, 2, 1], 'c1']);
  });

  it('asks for everything where points are missing in between', () => {
    const data = held(message([{ key: 'loss', values: [3, 2] }]), message([{ key: 'loss', values: [0], mode: 'append', n: 9 }]));
    expect(values(data)).toEqual([3, 2]);
    expect(data.cursor).toBe('');
  });

  it('replaces a series, and takes its step metric', () => {
    const data = held(message([{ key: 'loss', values: [3, 2] }]), message([{ key: 'loss', values: [9], x: [4] }]));
    expect(values(data)).toEqual([9]);
    expect([...data.series.get('loss')!.x!.values()]).toEqual([4]);
  });

  it('keeps attempts apart, also over messages', () => {
    const data = held(
      message([{ key: 'loss', values: [5, 4, 9], attempts: [[1, 0], [2, 2]] }]),
      message([{ key: 'loss', values: [8, 7], mode: 'append', n: 5, attempts: [[2, 0], [3, 1]] }]),
    );
    expect(data.series.get('loss')!.attempts()).toEqual([
      { attempt: 1, first: 0, end: 2 }, { attempt: 2, first: 2, end: 4 }, { attempt: 3, first: 4, end: 5 },
    ]);
  });

  it('keeps config, summary and definitions that are left out', () => {
    const data = held(message([], { config: { lr: 1 }, summary: { loss: 2 } }), message([], { config: null, summary: null, metrics: null }));
    expect([data.config, data.summary, data.metrics]).toEqual([{ lr: 1 }, { loss: 2 }, []]);
  });

  it('is behind only what tells more', () => {
    const data = held(message([{ key: 'loss', values: [1] }]));
    const told = (rows: number, done: boolean) => data.isBehind(message([], { run: { ...run, rows }, done }));
    expect([told(2, true), told(3, false), told(3, true), told(4, false)]).toEqual([false, false, true, true]);
  });
});

describe('a snapshot', () => {
  const noise = Array.from({ length: 100_000 }, (_, i) => Math.sin(i * 0.7) + (i === 77_777 ? 100 : 0));

  it('stays small for a long run, and keeps spike, start and end', () => {
    const snapshot = toSnapshot(held(message([{ key: 'loss', values: noise }])), null)!;
    expect(JSON.stringify(snapshot).length).toBeLessThan(150_000);
    const series = held(fromSnapshot(snapshot)).series.get('loss')!;
    expect([series.n, series.decimated]).toEqual([100_000, true]);
    expect([series.step.at(0), series.step.at(-1), Math.max(...series.value.values())]).toEqual([0, 99_999, Math.fround(100 + Math.sin(77_777 * 0.7))]);
  });

  it('stays small for many metrics, a large config and long names', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({ key: `layer/${i}/${'x'.repeat(50)}`, values: [1, 2, 3] }));
    const config = Object.fromEntries(Array.from({ length: 5000 }, (_, i): [string, Json] => [`key${i}`, 'y'.repeat(40)]));
    expect(JSON.stringify(toSnapshot(held(message(many, { config })), null)).length).toBeLessThan(150_000);
  });

  it('keeps large steps exact', () => {
    const data = held(message([{ key: 'loss', values: [1, 2], steps: [2 ** 30, 2 ** 30 + 1] }]));
    expect(toSnapshot(data, null)!.dtype).toBe('f8');
  });
});
