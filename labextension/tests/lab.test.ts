// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Changes, Look, RunRow, RunsApi } from '../src/lab/api';

vi.mock('@jupyterlab/services', () => ({ ServerConnection: { makeSettings: () => ({}) } })); // it wants a whole browser
vi.mock('@jupyterlab/coreutils', () => ({ URLExt: {} }));
const { Refused } = await import('../src/lab/api');
const { Catalogue } = await import('../src/lab/catalogue');
const { gridKeys } = await import('../src/lab/gridkeys');
const { ago, arrange, stateOf } = await import('../src/lab/listing');
const { pathOf } = await import('../src/lab/spark');

const row = (key: string, changes: Partial<RunRow> = {}): RunRow => ({
  key, id: key, token: 't', name: `run ${key}`, project: 'digits', entity: '', group: '', state: 'finished', created: 100, ended: null,
  host: 'h', kernel: null, notebook: null, folder: `wandb/${key}`, registered: true, ...changes,
});
const look = (changes: Partial<Look> = {}): Look => ({ state: 'running', step: 3, rows: 4, runtime: 1, metric: 'loss', latest: 0.5, curve: [1, 0.5], ...changes });
const query = { text: '', state: '', groupBy: 'none' as const };

describe('the list', () => {
  const rows = [
    row('a', { created: 1, notebook: 'x.ipynb' }), row('b', { created: 3, project: 'cats', state: 'failed' }), row('c', { created: 2, name: 'Calm Sea', group: 'g1' }),
  ];
  const names = (groups: { name: string; rows: RunRow[] }[]): unknown => groups.map((group) => [group.name, group.rows.map((one) => one.key).join('')]);

  it('stands newest first, in groups by their newest run', () => {
    expect(names(arrange(rows, new Map(), query))).toEqual([['', 'bca']]);
    expect(names(arrange(rows, new Map(), { ...query, groupBy: 'project' }))).toEqual([['cats', 'b'], ['digits', 'ca']]);
    expect(names(arrange(rows, new Map(), { ...query, groupBy: 'notebook' }))).toEqual([['no notebook of this server', 'bc'], ['x.ipynb', 'a']]);
  });

  it('is searched by all words in any field, and by state', () => {
    expect(names(arrange(rows, new Map(), { ...query, text: 'DIGITS  sea' }))).toEqual([['', 'c']]);
    expect(names(arrange(rows, new Map(), { ...query, state: 'failed' }))).toEqual([['', 'b']]);
    expect(arrange(rows, new Map(), { ...query, text: 'nothing' })).toEqual([]);
  });

  it('believes the run file where the registry may be behind', () => {
    expect(stateOf(row('a', { state: 'running' }), look({ state: 'crashed' }))).toBe('crashed');
    expect(stateOf(row('a', { state: 'unknown' }), look({ state: 'failed' }))).toBe('failed');
    expect(stateOf(row('a', { state: 'replaced' }), look({ state: 'finished' }))).toBe('replaced');
    expect(stateOf(row('a'), undefined)).toBe('finished');
  });

  it('tells ages and draws small curves', () => {
    expect([5, 90, 7200, 200_000, 1e7].map((age) => ago(1.7e9 - age, 1.7e9))).toEqual(['5s', '1m', '2h', '2d', '2023-07-22']);
    expect(pathOf([0, 1])).toBe('M0.0 16.0L56.0 2.0');
    expect(pathOf([1, null, 1])).toBe('M0.0 9.0M56.0 9.0');
    expect(pathOf([3])).toBe('M0 9H56');
    expect(pathOf([])).toBe('');
  });
});

describe('the catalogue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A server that answers with `answers` in turn, the last one again and again. */
  function server(...answers: (Partial<Changes> | Error)[]) {
    const asked: [since: string, search: boolean][] = [];
    const looked: string[][] = [];
    const api = {
      changes: async (since: string, search: boolean): Promise<Changes> => {
        asked.push([since, search]);
        const answer = answers[Math.min(asked.length, answers.length) - 1]!;
        if (answer instanceof Error) throw answer;
        return { version: `v${asked.length}`, whole: false, rows: [], gone: [], searching: false, complete: true, ...answer };
      },
      looks: async (keys: string[]) => (looked.push(keys), Object.fromEntries(keys.map((key) => [key, look({ state: key === 'live' ? 'running' : 'finished' })]))),
    } as unknown as RunsApi;
    return { asked, looked, catalogue: new Catalogue(api) };
  }

  it('asks with the version it knows, and takes what changed and what is gone', async () => {
    const { asked, catalogue } = server({ whole: true, rows: [row('a'), row('b')] }, { rows: [row('b', { name: 'new' })], gone: ['a'] });
    catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(2100);
    expect(asked).toEqual([['', false], ['v1', false]]);
    expect([...catalogue.rows.values()].map((one) => one.name)).toEqual(['new']);
  });

  it('looks at what is in sight: once where a run ended, again while it goes on', async () => {
    const { looked, catalogue } = server({ whole: true, rows: [row('done'), row('live', { state: 'running' }), row('far')] }, {});
    catalogue.watch(true, () => ['done', 'live']);
    await vi.advanceTimersByTimeAsync(4100);
    expect(looked[0]).toEqual(['live', 'done']);
    expect(looked.slice(1).every((keys) => keys.join() === 'live')).toBe(true);
    expect(looked.length).toBeGreaterThan(1);
    expect(catalogue.live?.key).toBe('live');
  });

  it('asks seldom while it is closed, and not at all where nobody needs it', async () => {
    const { asked, catalogue } = server({});
    catalogue.watch(false);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(asked.length).toBe(3);
    catalogue.background = false;
    catalogue.watch(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.length).toBe(4);
  });

  it('says why there is no list: never again where the route is missing, ever more slowly else', async () => {
    const missing = server(new Refused(404, 'Not Found'));
    missing.catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(missing.asked.length).toBe(1);
    expect(missing.catalogue.problem).toContain('does not list runs');

    const away = server(new Refused(0, 'The Jupyter server is not reachable.'));
    away.catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(away.asked.length).toBeLessThan(8);
    away.catalogue.refresh();
    await vi.advanceTimersByTimeAsync(10);
    expect(away.asked.at(-1)).toEqual(['', true]);
  });
});

describe('keys in the list', () => {
  function grid(): HTMLElement {
    document.body.innerHTML = `<div role="grid" id="g"><div role="row"><button id="h" tabindex="-1"></button></div>${['a', 'b'].map((id) =>
      `<div role="row"><input id="${id}0" tabindex="-1"><button id="${id}1" tabindex="-1"></button><button id="${id}2" tabindex="-1" ${id === 'b' ? 'disabled' : ''}></button></div>`).join('')}</div>`;
    return document.getElementById('g')!;
  }
  const press = (key: string): string => {
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    return document.activeElement!.id;
  };

  it('go through rows and their controls with one stop of the tab key', () => {
    const element = grid();
    const keys = gridKeys(element);
    keys.settle();
    expect([...element.querySelectorAll('[tabindex="0"]')].map((one) => one.id)).toEqual(['h']);
    document.getElementById('h')!.focus();
    expect(['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'Home', 'End'].map(press)).toEqual(['a1', 'a2', 'b1', 'b0', 'h', 'b1']);
    expect([...element.querySelectorAll('[tabindex="0"]')].map((one) => one.id)).toEqual(['b1']);
    element.querySelector('#b1')!.remove();
    keys.settle();
    expect(element.querySelectorAll('[tabindex="0"]').length).toBe(1);
  });
});
