// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunListChanges, RunPreview, RunRow, RunsApi } from '../src/lab/runs-api';

vi.mock('@jupyterlab/services', () => ({ ServerConnection: { makeSettings: () => ({}) } })); // it wants a whole browser
vi.mock('@jupyterlab/coreutils', () => ({ URLExt: {} }));
const { RequestError } = await import('../src/lab/runs-api');
const { RunCatalogue } = await import('../src/lab/run-catalogue');
const { gridKeys } = await import('../src/lab/sidebar/grid-keys');
const { groupRuns, stateOf } = await import('../src/lab/sidebar/run-query');
const { formatAge } = await import('../src/model/format');
const { pathOf } = await import('../src/lab/sidebar/sparkline');

const row = (key: string, changes: Partial<RunRow> = {}): RunRow => ({
  key, id: key, token: 't', name: `run ${key}`, project: 'digits', entity: '', group: '', state: 'finished', created: 100, ended: null,
  host: 'h', kernel: null, notebook: null, cell: '', folder: `wandb/${key}`, registered: true, ...changes,
});
const preview = (changes: Partial<RunPreview> = {}): RunPreview => ({ state: 'running', step: 3, rows: 4, runtime: 1, metric: 'loss', latest: 0.5, curve: [1, 0.5], ...changes });
const query = { text: '', state: '', groupBy: 'none' as const };

describe('the list', () => {
  const rows = [
    row('a', { created: 1, notebook: 'x.ipynb' }), row('b', { created: 3, project: 'cats', state: 'failed' }), row('c', { created: 2, name: 'Calm Sea', group: 'g1' }),
  ];
  const names = (groups: { name: string; rows: RunRow[] }[]): unknown => groups.map((group) => [group.name, group.rows.map((one) => one.key).join('')]);

  it('is sorted newest first, in groups by their newest run', () => {
    expect(names(groupRuns(rows, new Map(), query))).toEqual([['', 'bca']]);
    expect(names(groupRuns(rows, new Map(), { ...query, groupBy: 'project' }))).toEqual([['cats', 'b'], ['digits', 'ca']]);
    expect(names(groupRuns(rows, new Map(), { ...query, groupBy: 'notebook' }))).toEqual([['no notebook on this server', 'bc'], ['x.ipynb', 'a']]);
  });

  it('is searched by all words in any field, and filtered by state', () => {
    expect(names(groupRuns(rows, new Map(), { ...query, text: 'DIGITS  sea' }))).toEqual([['', 'c']]);
    expect(names(groupRuns(rows, new Map(), { ...query, state: 'failed' }))).toEqual([['', 'b']]);
    expect(groupRuns(rows, new Map(), { ...query, text: 'nothing' })).toEqual([]);
  });

  it('trusts the run file if the registry may be outdated', () => {
    expect(stateOf(row('a', { state: 'running' }), preview({ state: 'crashed' }))).toBe('crashed');
    expect(stateOf(row('a', { state: 'unknown' }), preview({ state: 'failed' }))).toBe('failed');
    expect(stateOf(row('a', { state: 'replaced' }), preview({ state: 'finished' }))).toBe('replaced');
    expect(stateOf(row('a'), undefined)).toBe('finished');
  });

  it('shows ages and draws small curves', () => {
    expect([5, 90, 7200, 200_000, 1e7].map((seconds) => formatAge(1.7e9 - seconds, 1.7e9))).toEqual(['5 s ago', '1 min ago', '2 h ago', '2 d ago', '2023-07-22']);
    expect(pathOf([0, 1])).toBe('M0.0 16.0L56.0 2.0');
    expect(pathOf([1, null, 1])).toBe('M0.0 9.0M56.0 9.0');
    expect(pathOf([3])).toBe('M0 9H56');
    expect(pathOf([])).toBe('');
  });
});

describe('the catalogue', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A server that gives `answers` in turn, and repeats the last one. */
  function server(...answers: (Partial<RunListChanges> | Error)[]) {
    const requests: [since: string, search: boolean][] = [];
    const requestedKeys: string[][] = [];
    const api = {
      changes: async (since: string, search: boolean): Promise<RunListChanges> => {
        requests.push([since, search]);
        const answer = answers[Math.min(requests.length, answers.length) - 1]!;
        if (answer instanceof Error) throw answer;
        return { version: `v${requests.length}`, whole: false, rows: [], gone: [], searching: false, complete: true, ...answer };
      },
      previews: async (keys: string[]) => (requestedKeys.push(keys), Object.fromEntries(keys.map((key) => [key, preview({ state: key === 'live' ? 'running' : 'finished' })]))),
    } as unknown as RunsApi;
    return { requests, requestedKeys, catalogue: new RunCatalogue(api) };
  }

  it('polls with its version, and applies changes and deletions', async () => {
    const { requests, catalogue } = server({ whole: true, rows: [row('a'), row('b')] }, { rows: [row('b', { name: 'new' })], gone: ['a'] });
    catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(2100);
    expect(requests).toEqual([['', false], ['v1', false]]);
    expect([...catalogue.rows.values()].map((one) => one.name)).toEqual(['new']);
  });

  it('requests previews of visible runs: once if a run ended, repeatedly while it is active', async () => {
    const { requestedKeys, catalogue } = server({ whole: true, rows: [row('done'), row('live', { state: 'running' }), row('far')] }, {});
    catalogue.watch(true, () => ['done', 'live']);
    await vi.advanceTimersByTimeAsync(4100);
    expect(requestedKeys[0]).toEqual(['live', 'done']);
    expect(requestedKeys.slice(1).every((keys) => keys.join() === 'live')).toBe(true);
    expect(requestedKeys.length).toBeGreaterThan(1);
    expect(catalogue.activeRun?.key).toBe('live');
  });

  it('polls rarely while it is closed, and not at all if unused', async () => {
    const { requests, catalogue } = server({});
    catalogue.watch(false);
    await vi.advanceTimersByTimeAsync(31_000);
    expect(requests.length).toBe(3);
    catalogue.background = false;
    catalogue.watch(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests.length).toBe(4);
  });

  it('reports why there is no list; stops if the route is missing, else retries with growing delays', async () => {
    const missing = server(new RequestError(404, 'Not Found'));
    missing.catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(missing.requests.length).toBe(1);
    expect(missing.catalogue.problem).toContain('cannot list runs');

    const away = server(new RequestError(0, 'The Jupyter server is unreachable.'));
    away.catalogue.watch(true, () => []);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(away.requests.length).toBeLessThan(8);
    away.catalogue.refresh();
    await vi.advanceTimersByTimeAsync(10);
    expect(away.requests.at(-1)).toEqual(['', true]);
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

  it('move through rows and their controls with one stop of the Tab key', () => {
    const element = grid();
    const keys = gridKeys(element);
    keys.ensureTabStop();
    expect([...element.querySelectorAll('[tabindex="0"]')].map((one) => one.id)).toEqual(['h']);
    document.getElementById('h')!.focus();
    expect(['ArrowDown', 'ArrowRight', 'ArrowDown', 'ArrowLeft', 'Home', 'End'].map(press)).toEqual(['a1', 'a2', 'b1', 'b0', 'h', 'b1']);
    expect([...element.querySelectorAll('[tabindex="0"]')].map((one) => one.id)).toEqual(['b1']);
    element.querySelector('#b1')!.remove();
    keys.ensureTabStop();
    expect(element.querySelectorAll('[tabindex="0"]').length).toBe(1);
  });
});
