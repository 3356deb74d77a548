// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommTransport } from '../src/sources/comm';
import type { Transport } from '../src/sources/feed';
import { Feed, Gone } from '../src/sources/feed';
import type { Message, Request } from '../src/wire/messages';
import { message, run } from './messages';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const viewer = () => ({ changed: vi.fn() });

/** A way that answers as told, and writes down what it was asked. */
function way(answer: (cursor: string) => Message): Transport & { asked: string[]; closed: boolean } {
  return {
    asked: [], closed: false,
    async pull(cursor) {
      this.asked.push(cursor);
      return answer(cursor);
    },
    async stop() {},
    close() {
      this.closed = true;
    },
  };
}

describe('a feed', () => {
  it('asks four times a second in sight, seldom out of sight, and once for two viewers', async () => {
    const http = way(() => message([]));
    const feed = new Feed([async () => http]);
    const [one, two] = [viewer(), viewer()];
    feed.join(one);
    feed.join(two);
    feed.look(one, true);
    feed.look(two, true);
    await vi.advanceTimersByTimeAsync(2000);
    const inSight = http.asked.length;
    feed.look(one, false);
    feed.look(two, false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inSight).toBeGreaterThanOrEqual(8);
    expect(inSight).toBeLessThanOrEqual(10);
    expect(http.asked.length - inSight).toBe(2);
    expect(http.asked.slice(0, 2)).toEqual(['', 'c1']);
  });

  it('never asks again once the run is over, nor after the last viewer left', async () => {
    const over = way(() => message([], { done: true }));
    const feed = new Feed([async () => over]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([over.asked.length, feed.status]).toEqual([1, 'done']);

    const left = way(() => message([]));
    const other = new Feed([async () => left]);
    const one = viewer();
    other.join(one);
    await vi.advanceTimersByTimeAsync(100);
    other.leave(one);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([left.asked.length, left.closed]).toEqual([1, true]);
  });

  it('does not ask at all for a run whose snapshot is of its end', async () => {
    const http = way(() => message([]));
    const feed = new Feed([async () => http]);
    feed.offer(message([{ key: 'loss', values: [1] }], { done: true }));
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([http.asked, feed.status]).toEqual([[], 'done']);
  });

  it('takes the next way where the first is gone, and says so where there is none', async () => {
    const gone = way(() => {
      throw new Gone();
    });
    const comm = way(() => message([]));
    const feed = new Feed([async () => gone, async () => null, async () => comm]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(1000);
    expect([gone.asked.length, gone.closed, comm.asked.length, feed.status]).toEqual([1, true, 1, 'live']);

    const alone = new Feed([async () => gone]);
    alone.offer(message([{ key: 'loss', values: [1] }]));
    alone.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([gone.asked.length, alone.status, alone.data.points]).toEqual([2, 'lost', 1]);
  });

  it('asks on, ever more slowly, while the server is away', async () => {
    let up = false;
    const http = way(() => {
      if (!up) throw new Error('network');
      return message([]);
    });
    const feed = new Feed([async () => http]);
    const one = viewer();
    feed.join(one);
    feed.look(one, true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feed.status).toBe('lost');
    expect(http.asked.length).toBeLessThan(12);
    up = true;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(feed.status).toBe('live');
  });

  it('takes newer snapshots while it has no live data, and no older ones', () => {
    const feed = new Feed([]);
    feed.offer(message([{ key: 'loss', values: [1, 2] }], { run: { ...run, rows: 2 } }));
    feed.offer(message([{ key: 'loss', values: [1] }], { run: { ...run, rows: 1 } }));
    expect(feed.data.points).toBe(2);
    feed.offer(message([{ key: 'loss', values: [1, 2, 3] }], { run: { ...run, rows: 3 } }));
    expect(feed.data.points).toBe(3);
  });
});

describe('the earlier runs of a notebook', () => {
  const earlier = { runs: [], labels: [], diff: null };

  it('are asked of the way to the run, opened once, also where the run is over', async () => {
    let opened = 0;
    const feed = new Feed([async () => (opened++, { ...way(() => message([])), ghosts: async () => earlier })]);
    feed.offer(message([{ key: 'loss', values: [1] }], { done: true }));
    expect(feed.offersGhosts).toBe(true);
    expect(await Promise.all([feed.ghosts(), feed.ghosts()])).toEqual([earlier, earlier]);
    expect(opened).toBe(1);
  });

  it('are not offered where nobody knows them', async () => {
    const feed = new Feed([async () => way(() => message([]))]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(10);
    expect(feed.offersGhosts).toBe(false);
    await expect(feed.ghosts()).rejects.toBeInstanceOf(Gone);
    expect(new Feed([]).offersGhosts).toBe(false);
  });

  it('come over a comm, or are refused in time', async () => {
    const sent: Request[] = [];
    const transport = new CommTransport({ pushes: true, send: (request) => void sent.push(request), close: () => undefined });
    const one = message([{ key: 'loss', values: [1, 2] }]);
    const asked = transport.ghosts();
    transport.receive({ type: 'ghosts', header: { v: 1, runs: [one.header], labels: ['before'], diff: null } }, [one.floats.buffer as ArrayBuffer]);
    const found = await asked;
    expect([sent, found.labels, found.runs[0]!.floats.length]).toEqual([[{ type: 'ghosts' }], ['before'], one.floats.length]);
    const refused = expect(transport.ghosts()).rejects.toThrow('does not answer');
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
  });
});

describe('a line to the kernel', () => {
  const line = () => {
    const sent: Request[] = [];
    return { sent, transport: new CommTransport({ pushes: true, send: (request) => void sent.push(request), close: () => undefined }) };
  };
  const content = (one: Message) => ({ type: 'message', header: one.header });

  it('is asked until it answers, then takes what is pushed', async () => {
    const { sent, transport } = line();
    const feed = new Feed([async () => transport]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(9000);
    expect(sent.length).toBeGreaterThan(1);
    const first = message([{ key: 'loss', values: [1, 2] }]);
    transport.receive(content(first), [first.floats.buffer as ArrayBuffer]);
    await vi.advanceTimersByTimeAsync(10);
    const more = message([{ key: 'loss', values: [3], mode: 'append', n: 3 }]);
    transport.receive(content(more), [more.floats.buffer as ArrayBuffer]);
    expect(feed.data.points).toBe(3);
    expect(feed.status).toBe('live');
  });

  it('stays live on snapshots that come unasked from a kernel too busy to answer', async () => {
    const { transport } = line();
    const feed = new Feed([async () => transport]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(4000);
    for (const n of [2, 4, 8]) {
      const values = Array.from({ length: n }, (_, at) => at);
      const snapshot = message([{ key: 'loss', values, n }], { cursor: '' });
      transport.receive(content(snapshot), [snapshot.floats.buffer as ArrayBuffer]);
      await vi.advanceTimersByTimeAsync(8000);
      expect([feed.data.points, feed.status]).toEqual([n, 'live']);
    }
    await vi.advanceTimersByTimeAsync(30_000);
    expect(feed.status).toBe('lost');
  });

  it('passes over what is no message, and is gone when the kernel hangs up', async () => {
    const { transport } = line();
    transport.receive({ type: 'other' });
    transport.receive(null);
    const pulled = transport.pull('');
    transport.hungUp();
    await expect(pulled).rejects.toBeInstanceOf(Gone);
    await expect(transport.pull('')).rejects.toBeInstanceOf(Gone);
  });
});
