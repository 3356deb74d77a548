// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { NotebookContent } from '../src/lab/notebook-outputs';
import { comparisonFromSaved, linkFromSaved, runIds } from '../src/wire/decode';
import { COMPARISON_MIME_TYPE, MIME_TYPE } from '../src/wire/messages';
import { message } from './messages';

vi.mock('@jupyterlab/services', () => ({ ServerConnection: { makeSettings: () => ({}) } })); // it wants a whole browser
vi.mock('@jupyterlab/coreutils', () => ({ URLExt: {} }));
const { PageFeeds } = await import('../src/mime/page-feeds');
const { applyUpdate, displayedBy } = await import('../src/lab/display-updates');
const { locate, reveal } = await import('../src/lab/notebook-outputs');
const { linkText, mountLink } = await import('../src/view/link-view');

const { header } = message([]);
const access = { id: 'abcd1234', token: 't', kernel: null };

describe('a saved link', () => {
  it('names its runs, and keeps only our own types of output', () => {
    const view = { [MIME_TYPE]: { ...header, data: '', dtype: 'f8', access }, 'text/html': '<b>foreign</b>' };
    const { link, ids } = linkFromSaved({ v: 1, text: 'The chart', view });
    expect(Object.keys(link.view)).toEqual([MIME_TYPE]);
    expect(ids).toEqual(['abcd1234']);
    expect(runIds({ [COMPARISON_MIME_TYPE]: { runs: [header, null, {}] } })).toEqual(['abcd1234']);
  });

  it.each([[null], [{ v: 2, text: 'x', view: {} }], [{ v: 1, text: 1, view: {} }], [{ v: 1, text: 'x', view: null }]])('that is incomplete is refused: %j', (saved) => {
    expect(() => linkFromSaved(saved)).toThrow('incomplete');
  });

  it('is a link and a button', () => {
    vi.stubGlobal('matchMedia', () => new EventTarget()); // jsdom has none, and no observer
    vi.stubGlobal('IntersectionObserver', class { observe = () => undefined; disconnect = () => undefined; });
    vi.stubGlobal('requestAnimationFrame', (draw: () => void) => (draw(), 1));
    const done: string[] = [];
    const view = mountLink(document.body, () => '<i>The chart</i>', { jump: () => done.push('jump'), show: () => done.push('show') });
    document.querySelector<HTMLElement>('.wnb-link')!.click();
    document.querySelector<HTMLElement>('button')!.click();
    expect(done).toEqual(['jump', 'show']);
    expect(document.querySelector('.wnb-link')!.textContent).toBe('<i>The chart</i>');
    expect(document.querySelector('button')!.getAttribute('aria-label')).toBe('Show here: <i>The chart</i>');
    view.destroy();
  });
});

describe('a saved overlay', () => {
  const saved = { v: 1, runs: [header, header], labels: ['a', 'b'], diff: null, data: '', dtype: 'f8' };

  it('is live only with one access per run', () => {
    expect(comparisonFromSaved({ ...saved, accesses: [access, access], hidden: 3 })).toMatchObject({ accesses: [access, access], hidden: 3 });
    expect(comparisonFromSaved({ ...saved, accesses: [access] }).accesses).toBeNull();
    expect(comparisonFromSaved({ ...saved, accesses: [access, { id: 1 }] }).accesses).toBeNull();
    expect(comparisonFromSaved(saved)).toMatchObject({ accesses: null, hidden: 0 });
  });
});

describe('the way to the charts', () => {
  const cell = (...outputs: Record<string, unknown>[]) => ({
    node: document.createElement('div'), model: { executionCount: 7, outputs: { length: outputs.length, get: (i: number) => ({ data: outputs[i]! }) } },
  });

  it('is described as the notebook is now', () => {
    const saved = 'The chart of x under cell [1] is under cell [3]';
    expect(linkText(saved, { side: 'above', cell: 7 })).toBe('The chart of x under cell [1] is above, under cell [7]');
    expect(linkText(saved, { side: 'here', cell: null })).toBe(saved);
    expect(linkText(saved, null)).toBe('The charts are no longer in this notebook');
    const [line, charts] = [cell(), cell({ [MIME_TYPE]: header })];
    const seen = (...widgets: unknown[]) => locate({ widgets } as unknown as NotebookContent, ['abcd1234'], line.node);
    expect(seen(line, charts)).toEqual({ side: 'below', cell: 7 });
    expect(seen(charts, line)).toEqual({ side: 'above', cell: 7 });
    expect(seen(line)).toBeNull();
  });

  it('leads to the first cell that draws the run', () => {
    const target = cell({ 'text/plain': 'x' }, { [MIME_TYPE]: header });
    const scrolled: number[] = [];
    const notebook = {
      node: document.createElement('div'), activeCellIndex: 0, widgets: [{ node: document.createElement('div'), model: {} }, cell(), target, cell({ [MIME_TYPE]: header })],
      scrollToItem: async (index: number) => void scrolled.push(index),
    };
    expect(reveal(notebook as unknown as NotebookContent, ['abcd1234'])).toBe(true);
    expect([notebook.activeCellIndex, scrolled]).toEqual([2, [2]]);
    expect(reveal(notebook as unknown as NotebookContent, ['other'])).toBe(false);
  });
});

describe('an update of an output that was there before the page', () => {
  const metadata = { wandb_nb: { display_id: 'wandb-nb-1' } };
  const output = (id: string) => ({ data: { 'text/plain': 'old' } as Record<string, unknown>, metadata: { wandb_nb: { display_id: id } }, setData: vi.fn() });
  const apply = (displayId: string, text: string, outputs: ReturnType<typeof output>[]): void => {
    const model = { outputs: { length: outputs.length, get: (i: number) => outputs[i]! } };
    applyUpdate({ widgets: [{ model: {} }, { model }] } as unknown as NotebookContent, { data: { 'text/plain': text }, metadata, transient: { display_id: displayId } });
  };

  it('is applied to that output alone, and not twice', () => {
    const [one, other] = [output('wandb-nb-1'), output('wandb-nb-2')];
    apply('wandb-nb-1', 'new', [one, other]);
    expect(one.setData.mock.calls).toEqual([[{ data: { 'text/plain': 'new' }, metadata }]]);
    apply('wandb-nb-1', 'old', [one, other]); // what the page has
    expect([one.setData.mock.calls.length, other.setData.mock.calls.length]).toEqual([1, 0]);
  });

  it('is asked for by the kernel that displayed the output', () => {
    const shown = { ...output('wandb-nb-1'), data: { [MIME_TYPE]: { access: { ...access, kernel: 'k' } } } };
    const overlay = { ...output('wandb-nb-2'), data: { [COMPARISON_MIME_TYPE]: { accesses: [{ ...access, kernel: 'k' }, null] } } };
    const all = [shown, overlay, output('wandb-nb-3')];
    const notebook = { widgets: [{ model: { outputs: { length: 3, get: (i: number) => all[i]! } } }] } as unknown as NotebookContent;
    expect([displayedBy(notebook, 'k'), displayedBy(notebook, 'restarted')]).toEqual([['wandb-nb-1', 'wandb-nb-2'], []]);
  });

  it('is ignored if it is not ours', () => {
    const foreign = output('tqdm');
    apply('tqdm', 'new', [foreign]);
    expect(foreign.setData).not.toHaveBeenCalled();
  });
});

describe('the feeds of a page', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('outlive an output that is cleared and drawn again', () => {
    const feeds = new PageFeeds();
    const feed = feeds.acquire(access, () => null);
    expect(feeds.acquire(access, () => null)).toBe(feed);
    feeds.release(access);
    feeds.release(access);
    vi.advanceTimersByTime(1000);
    expect(feeds.acquire(access, () => null)).toBe(feed);
    feeds.release(access);
    vi.advanceTimersByTime(3000);
    expect(feed.idle).toBe(true);
    expect(feeds.acquire(access, () => null)).not.toBe(feed);
  });
});
