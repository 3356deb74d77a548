// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from 'vitest';
import { boxOf, itemByKey, itemsBetween, layOut, rowAt } from '../src/media/grid-layout';
import { MediaPages } from '../src/media/media-pages';
import type { MediaFile, MediaRow, RangeRequest } from '../src/wire/messages';
import { message } from './messages';

const file = (i: number, changes: Partial<MediaFile> = {}): MediaFile => ({ kind: 'image', path: `media/images/${i}.png`, caption: '', width: 4, height: 4, size: 70, ...changes });
const files = (first: number, count: number): MediaFile[] => Array.from({ length: count }, (_, i) => file(first + i));
const rowOf = (given: number, count: number): MediaRow => ({ step: 3, time: 0, files: files(0, given), count });
const key = (name: string, changes: Partial<KeyboardEvent> = {}): KeyboardEvent => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...changes }) as KeyboardEvent;

afterEach(() => void vi.useRealTimers());

describe('the layout of a grid', () => {
  it('has as many columns as fit, and room for all items, also for those that are not known yet', () => {
    const layout = layOut(files(0, 200), 5000, 400);
    expect([layout.columns, layout.columnPx, layout.tops.length - 1]).toEqual([4, 94, 1250]);
    expect(boxOf(layout, 4999)).toEqual({ left: 306, top: 1249 * 102, width: 94, height: 94 });
    expect(layOut(files(0, 5), 5, 0).columns).toBe(1);
  });

  it('gives captions up to three lines, and each kind its height', () => {
    const heights = (...items: Partial<MediaFile>[]): number[] => {
      const { tops } = layOut(items.map((one, i) => file(i, one)), items.length, 84);
      return tops.slice(1).map((top, i) => top - tops[i]! - 8);
    };
    expect(heights({}, { caption: 'a cat' }, { caption: 'a longer caption' }, { caption: 'x'.repeat(500) })).toEqual([84, 102, 120, 138]);
    expect(heights({ kind: 'audio' }, {}, { kind: 'molecule' })).toEqual([124, 84, 48]);
    const mixed = layOut([file(0), file(1, { kind: 'audio' })], 2, 800);
    expect([mixed.columns, mixed.tops]).toEqual([1, [0, 148, 280]]);
  });

  it('names the items between two heights', () => {
    const layout = layOut(files(0, 200), 5000, 400);
    expect([rowAt(layout, -50), rowAt(layout, 101), rowAt(layout, 102), rowAt(layout, 1e9)]).toEqual([0, 0, 1, 1249]);
    expect(itemsBetween(layout, 1020, 1320, 5000)).toEqual({ first: 40, end: 52 });
    expect(itemsBetween(layOut(files(0, 5), 5, 400), -300, 900, 5)).toEqual({ first: 0, end: 5 });
  });

  it('moves by keys, and stays within the items', () => {
    const layout = layOut(files(0, 10), 10, 400);
    const to = (name: string, from: number, changes = {}): number | null => itemByKey(key(name, changes), layout, from, 10, 210);
    expect(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End'].map((name) => to(name, 5))).toEqual([4, 6, 1, 9, 1, 9, 0, 9]);
    expect([to('ArrowDown', 7), to('ArrowDown', 9), to('ArrowUp', 2), to('ArrowRight', 9), to('PageUp', 0)]).toEqual([9, null, null, null, null]);
    expect([to('End', 0, { ctrlKey: true }), to('ArrowDown', 0, { ctrlKey: true }), to('a', 0), to('Home', 5, { shiftKey: true })]).toEqual([9, null, null, null]);
  });
});

describe('the files of a long value', () => {
  const pagesOf = (row: MediaRow, pages: MediaFile[][], more = false): { pages: MediaPages; requests: RangeRequest[] } => {
    const result = { pages: new MediaPages(), requests: [] as RangeRequest[] };
    result.pages.load = async (request) => {
      result.requests.push(request);
      const page = pages.shift() ?? [];
      return message([], { more, media: page.length > 0 ? [{ key: 'a', n: 1, rows: [{ ...row, files: page }] }] : [] });
    };
    return result;
  };

  it('are requested page by page, once, and stay when a message brings the row again', async () => {
    const row = rowOf(2, 5);
    const { pages, requests } = pagesOf(row, [files(2, 2), files(4, 1)]);
    await Promise.all([pages.extend('a', row), pages.extend('a', row)]);
    expect(requests).toEqual([{ keys: ['a'], axis: 'step', metric: null, from: 3, to: 3, firstFile: 2 }]);
    const again = rowOf(2, 5);
    pages.extendRows([{ key: 'a', n: 1, rows: [again] }]);
    expect(again.files.map(({ path }) => path)).toEqual(files(0, 4).map(({ path }) => path));
    await pages.extend('a', again);
    await pages.extend('a', again);
    expect([again.files.length, requests.length]).toEqual([5, 2]);
    const other = { ...rowOf(2, 5), files: files(7, 2) };
    pages.extendRows([{ key: 'a', n: 1, rows: [other] }]);
    expect(other.files.length).toBe(2);
  });

  it('end where the source has no more of them, and are tried again after a failure', async () => {
    vi.useFakeTimers();
    const row = rowOf(2, 5);
    const { pages, requests } = pagesOf(row, []);
    await pages.extend('a', row);
    expect([row.count, pages.countOf(row)]).toEqual([2, 2]);
    const failing = rowOf(2, 5);
    pages.load = vi.fn().mockRejectedValue(new Error('busy'));
    await pages.extend('b', failing);
    await pages.extend('b', failing);
    expect(pages.load).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(6000);
    await pages.extend('b', failing);
    expect([vi.mocked(pages.load).mock.calls.length, pages.countOf(failing), requests.length]).toEqual([2, 5, 1]);
    pages.load = null;
    expect(pages.countOf(failing)).toBe(2);
  });

  it('are given up for the rows that were extended first, beyond a number', async () => {
    const rows = Array.from({ length: 21 }, (_, step) => ({ ...rowOf(2, 5), step }));
    const { pages } = pagesOf(rows[0]!, rows.map(() => files(2, 3)));
    for (const row of rows) await pages.extend('a', row);
    expect([rows[0]!.files.length, rows[1]!.files.length, rows[20]!.files.length]).toEqual([2, 5, 5]);
  });

  it('have a bounded number', () => {
    const pages = new MediaPages();
    pages.load = async () => message([]);
    expect(pages.countOf({ ...rowOf(2, 1e12) })).toBe(200_000);
  });
});
