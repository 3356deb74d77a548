// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CommTransport } from '../src/sources/comm-transport';
import type { Transport } from '../src/sources/feed';
import { Feed, UnavailableError } from '../src/sources/feed';
import type { Message, Request } from '../src/wire/messages';
import { message, run } from './messages';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const viewer = () => ({ changed: vi.fn() });

/** A transport with given answers that records the requested cursors. */
function fakeTransport(answer: (cursor: string) => Message): Transport & { requests: string[]; closed: boolean } {
  return {
    requests: [], closed: false,
    async pull(cursor) {
      this.requests.push(cursor);
      return answer(cursor);
    },
    async stop() {},
    close() {
      this.closed = true;
    },
  };
}

describe('a feed', () => {
  it('polls four times per second while visible, rarely otherwise, and once for two viewers', async () => {
    const http = fakeTransport(() => message([]));
    const feed = new Feed([async () => http]);
    const [one, two] = [viewer(), viewer()];
    feed.join(one);
    feed.join(two);
    feed.setVisible(one, true);
    feed.setVisible(two, true);
    await vi.advanceTimersByTimeAsync(2000);
    const inSight = http.requests.length;
    feed.setVisible(one, false);
    feed.setVisible(two, false);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(inSight).toBeGreaterThanOrEqual(8);
    expect(inSight).toBeLessThanOrEqual(10);
    expect(http.requests.length - inSight).toBe(2);
    expect(http.requests.slice(0, 2)).toEqual(['', 'c1']);
  });

  it('polls a run that ended until the server has all of it', async () => {
    const sync = (state: 'waiting' | 'done') => ({ state, waiting: 2, message: '', server: 'host' });
    let answers = 0;
    const http = fakeTransport(() => message([], { done: true, run: { ...run, sync: sync(++answers < 3 ? 'waiting' : 'done') } }));
    const feed = new Feed([async () => http]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([http.requests.length, feed.status, feed.data.run?.sync?.state]).toEqual([3, 'done', 'done']);
  });

  it('requests the media that the saved output of an ended run lacks, once', async () => {
    const row = { step: 3, time: 3, files: [] };
    const http = fakeTransport(() => message([], { done: true, media: [{ key: 'a', n: 2, rows: [{ ...row, step: 1 }, row] }] }));
    const feed = new Feed([async () => http]);
    feed.offerSnapshot(message([], { done: true, media: [{ key: 'a', n: 2, rows: [row] }] }));
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([http.requests, feed.data.media[0]!.rows.length, feed.status]).toEqual([[''], 2, 'done']);
    const gone = new Feed([async () => null]);
    gone.offerSnapshot(message([], { done: true, media: [{ key: 'a', n: 2, rows: [row] }] }));
    gone.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([gone.data.media[0]!.rows.length, gone.status]).toEqual([1, 'done']);
  });

  it('never polls after the run ended, nor after the last viewer left', async () => {
    const over = fakeTransport(() => message([], { done: true }));
    const feed = new Feed([async () => over]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([over.requests.length, feed.status]).toEqual([1, 'done']);

    const left = fakeTransport(() => message([]));
    const other = new Feed([async () => left]);
    const one = viewer();
    other.join(one);
    await vi.advanceTimersByTimeAsync(100);
    other.leave(one);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([left.requests.length, left.closed]).toEqual([1, true]);
  });

  it('does not poll for a run whose snapshot is final', async () => {
    const http = fakeTransport(() => message([]));
    const feed = new Feed([async () => http]);
    feed.offerSnapshot(message([{ key: 'loss', values: [1] }], { done: true }));
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([http.requests, feed.status]).toEqual([[], 'done']);
  });

  it('opens the next transport if the first is unavailable, and reports when none is left', async () => {
    const gone = fakeTransport(() => {
      throw new UnavailableError();
    });
    const comm = fakeTransport(() => message([]));
    const feed = new Feed([async () => gone, async () => null, async () => comm]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(1000);
    expect([gone.requests.length, gone.closed, comm.requests.length, feed.status]).toEqual([1, true, 1, 'live']);

    const alone = new Feed([async () => gone]);
    alone.offerSnapshot(message([{ key: 'loss', values: [1] }]));
    alone.join(viewer());
    await vi.advanceTimersByTimeAsync(60_000);
    expect([gone.requests.length, alone.status, alone.data.points]).toEqual([2, 'lost', 1]);
  });

  it('retries with growing delays while the server is unreachable', async () => {
    let up = false;
    const http = fakeTransport(() => {
      if (!up) throw new Error('network');
      return message([]);
    });
    const feed = new Feed([async () => http]);
    const one = viewer();
    feed.join(one);
    feed.setVisible(one, true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(feed.status).toBe('lost');
    expect(http.requests.length).toBeLessThan(12);
    up = true;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(feed.status).toBe('live');
  });

  it('applies newer snapshots while it has no live data, and no older ones', () => {
    const feed = new Feed([]);
    feed.offerSnapshot(message([{ key: 'loss', values: [1, 2] }], { run: { ...run, rows: 2 } }));
    feed.offerSnapshot(message([{ key: 'loss', values: [1] }], { run: { ...run, rows: 1 } }));
    expect(feed.data.points).toBe(2);
    feed.offerSnapshot(message([{ key: 'loss', values: [1, 2, 3] }], { run: { ...run, rows: 3 } }));
    expect(feed.data.points).toBe(3);
  });
});

describe('the earlier runs of a notebook', () => {
  const earlier = { runs: [], labels: [], diff: null };

  it('are requested from the transport, opened once, even if the run has ended', async () => {
    let opened = 0;
    const feed = new Feed([async () => (opened++, { ...fakeTransport(() => message([])), earlierRuns: async () => earlier })]);
    feed.offerSnapshot(message([{ key: 'loss', values: [1] }], { done: true }));
    expect(feed.mayHaveEarlierRuns).toBe(true);
    expect(await Promise.all([feed.earlierRuns(), feed.earlierRuns()])).toEqual([earlier, earlier]);
    expect(opened).toBe(1);
  });

  it('are not offered if no transport provides them', async () => {
    const feed = new Feed([async () => fakeTransport(() => message([]))]);
    feed.join(viewer());
    await vi.advanceTimersByTimeAsync(10);
    expect(feed.mayHaveEarlierRuns).toBe(false);
    await expect(feed.earlierRuns()).rejects.toBeInstanceOf(UnavailableError);
    expect(new Feed([]).mayHaveEarlierRuns).toBe(false);
  });

  it('arrive over a comm, or fail after a timeout', async () => {
    const sent: Request[] = [];
    const transport = new CommTransport({ pushes: true, send: (request) => void sent.push(request), close: () => undefined });
    const one = message([{ key: 'loss', values: [1, 2] }]);
    const asked = transport.earlierRuns();
    transport.receive({ type: 'ghosts', header: { v: 1, runs: [one.header], labels: ['before'], diff: null } }, [one.floats.buffer as ArrayBuffer]);
    const found = await asked;
    expect([sent, found.labels, found.runs[0]!.floats.length]).toEqual([[{ type: 'ghosts' }], ['before'], one.floats.length]);
    const refused = expect(transport.earlierRuns()).rejects.toThrow('does not answer');
    await vi.advanceTimersByTimeAsync(30_000);
    await refused;
  });
});

describe('a kernel channel', () => {
  const line = () => {
    const sent: Request[] = [];
    return { sent, transport: new CommTransport({ pushes: true, send: (request) => void sent.push(request), close: () => undefined }) };
  };
  const content = (one: Message) => ({ type: 'message', header: one.header });

  it('is polled until it answers, then receives pushed rows', async () => {
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

  it('stays live on snapshots pushed by a kernel that is too busy to answer', async () => {
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

  it('ignores other messages, and is unavailable after the kernel disconnects', async () => {
    const { transport } = line();
    transport.receive({ type: 'other' });
    transport.receive(null);
    const pulled = transport.pull('');
    transport.disconnect();
    await expect(pulled).rejects.toBeInstanceOf(UnavailableError);
    await expect(transport.pull('')).rejects.toBeInstanceOf(UnavailableError);
  });
});
