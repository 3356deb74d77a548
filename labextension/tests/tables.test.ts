// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MediaFiles } from '../src/media/media-files';
import { cellMedia, cellText, columnType } from '../src/tables/cell-values';
import { cellContent } from '../src/tables/grid-cells';
import { gridMove } from '../src/tables/grid-keys';
import { groupTable } from '../src/tables/group-rows';
import { joinTables, keyColumns } from '../src/tables/join-tables';
import { cellTest, filterRows } from '../src/tables/row-filter';
import { nextSort, sortRows } from '../src/tables/row-order';
import { RunTables } from '../src/tables/run-tables';
import type { RunTable } from '../src/tables/table-choice';
import type { TableData } from '../src/tables/table-data';
import { loadTable, tableFiles } from '../src/tables/table-store';
import type { Json, MediaFile, MediaSeries } from '../src/wire/messages';

const HOSTILE = '<img src=x onerror=window.harmed=1>';
const PICTURE = { _type: 'image-file', path: 'media/images/a.png', caption: HOSTILE };

/** Reproducible random numbers below 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
}

/** A table of numbers, words, bools and empty cells. */
function randomTable(seed: number, rows = 60): TableData {
  const next = random(seed);
  const cell = (): Json => [null, true, false, Math.floor(next() * 5), next() * 10 - 5, 'abc'[Math.floor(next() * 3)]!, 'Ab'][Math.floor(next() * 7)]!;
  return { columns: ['id', 'a', 'b'], rows: Array.from({ length: rows }, (_, i) => [i, cell(), cell()]) };
}

const all = ({ rows }: TableData): Uint32Array => Uint32Array.from(rows.keys());
const seeds = Array.from({ length: 25 }, (_, seed) => seed + 1);

describe('sorting', () => {
  /** The rank of a cell in a simple model: numbers and bools, then texts, empty cells last. */
  const isBefore = (a: Json, b: Json, descending: boolean): boolean => {
    if (a === null || b === null) return a !== null && b === null;
    const [x, y] = [a, b].map((cell) => (typeof cell === 'boolean' ? Number(cell) : (cell as number | string)));
    if (typeof x !== typeof y) return (typeof x === 'number') !== descending;
    return descending ? x! > y! : x! < y!;
  };

  it.each(seeds)('keeps all rows, orders neighbours and is stable (%i)', (seed) => {
    const table = randomTable(seed);
    for (const descending of [false, true]) {
      const order = [...sortRows(table.rows, all(table), [{ column: 1, descending }, { column: 2, descending: !descending }])];
      expect([...order].sort((x, y) => x - y)).toEqual([...all(table)]);
      for (let i = 1; i < order.length; i++) {
        const [first, second] = [table.rows[order[i - 1]!]!, table.rows[order[i]!]!];
        expect(isBefore(second[1]!, first[1]!, descending)).toBe(false);
        if (isBefore(first[1]!, second[1]!, descending)) continue;
        expect(isBefore(second[2]!, first[2]!, !descending)).toBe(false);
        if (!isBefore(first[2]!, second[2]!, !descending)) expect(order[i - 1]!).toBeLessThan(order[i]!);
      }
    }
  });

  it('of a column goes from ascending to descending to none; with Shift the other columns stay', () => {
    const once = nextSort([], 1, false);
    expect([once, nextSort(once, 1, false), nextSort(nextSort(once, 1, false), 1, false)]).toEqual([[{ column: 1, descending: false }], [{ column: 1, descending: true }], []]);
    expect(nextSort(once, 2, true)).toEqual([{ column: 1, descending: false }, { column: 2, descending: false }]);
    expect(nextSort(once, 2, false)).toEqual([{ column: 2, descending: false }]);
  });
});

describe('filtering', () => {
  it.each(seeds)('keeps the order and is what each row alone says (%i)', (seed) => {
    const table = randomTable(seed);
    const filter = { search: 'a', columns: new Map([[1, '>= 0 and < 3']]) };
    const expected = table.rows.flatMap((row, i) => {
      const value = typeof row[1] === 'boolean' ? Number(row[1]) : row[1];
      return typeof value === 'number' && value >= 0 && value < 3 && row.some((cell) => String(cell ?? '').toLowerCase().includes('a')) ? [i] : [];
    });
    expect([...filterRows(table.rows, filter, [0, 1, 2])]).toEqual(expected);
  });

  it.each<[string, Json, boolean]>([
    ['> 3', 4, true], ['>3', 3, false], ['<= -1.5', -1.5, true], ['= 7', 7, true], ['= 7', '7', true], ['!= 7', 7, false], ['!= 7', 'x', true], ['> 3', 'x', false],
    ['> 3', null, false], ['= cat', 'Cat', true], ['= cat', 'cats', false], ['!= cat', 'cats', true], ['CAT', 'a cat', true], ['at', null, false],
    ['>', 1, true], ['> b', 'c', true], ['true', true, true], ['> 1 & < 3', 2, true], ['salt and pepper', 'salt, pepper', true], ['[', '[x', true], ['= 1', true, true],
  ])('"%s" of %j is %j', (text, cell, expected) => {
    expect(cellTest(text)(cell)).toBe(expected);
  });

  it('searches visible columns and captions', () => {
    const rows: Json[][] = [['cat', PICTURE], ['dog', 1]];
    expect([...filterRows(rows, { search: 'onerror', columns: new Map() }, [0, 1])]).toEqual([0]);
    expect([...filterRows(rows, { search: 'cat', columns: new Map() }, [1])]).toEqual([]);
  });
});

describe('groups', () => {
  it.each(seeds)('have counts and means as computed row by row (%i)', (seed) => {
    const table = randomTable(seed);
    const grouped = groupTable(table, all(table), 1);
    expect(grouped.columns).toEqual(['a', 'rows', 'mean of id']);
    for (const [value, count, mean] of grouped.rows) {
      const members = table.rows.filter((row) => String(row[1] ?? '') === String(value ?? ''));
      expect(count).toBe(members.length);
      expect(mean).toBeCloseTo(members.reduce((sum, row) => sum + (row[0] as number), 0) / members.length);
    }
    expect(grouped.rows.reduce((sum, row) => sum + (row[1] as number), 0)).toBe(table.rows.length);
  });
});

describe('joins', () => {
  it.each(seeds)('pair each key once and mark exactly what differs (%i)', (seed) => {
    const [a, b] = [randomTable(seed), randomTable(seed + 100)];
    b.rows = b.rows.slice(20).map((row, i) => [i + 40, row[1]!, i % 3 === 0 ? (a.rows[i + 40]?.[2] ?? null) : row[2]!]);
    const { table, mark, differences } = joinTables(a, b, 'id', ['A', 'B']);
    expect(table.columns).toEqual(['id', 'a · A', 'a · B', 'b · A', 'b · B']);
    expect(table.rows.map(([id]) => id)).toEqual([...new Set([...a.rows, ...b.rows].map(([id]) => id))]);
    let differing = 0;
    table.rows.forEach(([id, ...cells], i) => {
      const [left, right] = [a.rows.find((row) => row[0] === id), b.rows.find((row) => row[0] === id)];
      expect(cells).toEqual([left?.[1] ?? null, right?.[1] ?? null, left?.[2] ?? null, right?.[2] ?? null]);
      const marks = [1, 2, 3, 4].map((column) => mark(i, column));
      const expected = [1, 2].flatMap((at) => (!left || !right ? ['missing', 'missing'] : left[at] === right[at] ? [null, null] : ['different', 'different']));
      expect(marks).toEqual(expected);
      if (marks.some((one) => one !== null)) differing += 1;
    });
    expect(differences).toBe(differing);
  });

  it('use columns that tell apart the rows of both, else the place of a row', () => {
    const a: TableData = { columns: ['x', 'id', 'name'], rows: [[1, 'p', null], [1, 'q', 'n']] };
    const b: TableData = { columns: ['id', 'x'], rows: [['q', 1], ['r', 2]] };
    expect(keyColumns(a, b)).toEqual(['id']);
    const { table } = joinTables(a, b, null, ['A', 'B']);
    expect(table.columns[0]).toBe('row');
    expect(table.rows[0]).toEqual([0, 1, 1, 'p', 'q', null]);
  });

  it('take pictures of the same content for the same', () => {
    const cell = (folder: string): Json => ({ _type: 'image-file', path: `artifacts/${folder}/media/images/abc.png` });
    const { mark } = joinTables({ columns: ['id', 'p'], rows: [[1, cell('v1')]] }, { columns: ['id', 'p'], rows: [[1, cell('v2')]] }, 'id', ['A', 'B']);
    expect(mark(0, 1)).toBeNull();
  });
});

/** Files of a run, by their paths. */
const source = (files: Record<string, unknown>): MediaFiles => {
  const result = new MediaFiles();
  result.load = async (path) => {
    if (!(path in files)) throw new Error('missing');
    return new TextEncoder().encode(JSON.stringify(files[path])).buffer;
  };
  return result;
};

describe('tables of artifacts', () => {
  const artifact = {
    columns: ['when', 'picture', 'n'], data: [[0, { _type: 'image-file', path: 'media/images/a.png' }, 5]],
    column_types: { params: { type_map: { when: { wb_type: 'union', params: { allowed_types: [{ wb_type: 'none' }, { wb_type: 'timestamp' }] } } } } },
  };
  const file = { kind: 'table', path: 'media/table/t.table.json', caption: '', width: null, height: null, size: 9, artifact: 'artifacts/c1/t.table.json' };
  const short = { columns: ['when', 'picture', 'n'], data: [['1970', 'Image', 5]] };

  beforeEach(() => {
    URL.createObjectURL = () => 'blob:1';
    URL.revokeObjectURL = () => undefined;
  });

  it('replace the short file of the run where it lacks media, with paths that lead to them', async () => {
    const { rows } = await loadTable(source({ [file.path]: short, [file.artifact]: artifact }), [file]);
    expect(rows).toEqual([['1970-01-01T00:00:00Z', { _type: 'image-file', path: 'artifacts/c1/media/images/a.png' }, 5]]);
  });

  it('of a saved notebook are the first rows, with the number of all', async () => {
    const saved = { columns: ['n'], data: [[1], [2]], nrows: 5000 };
    const table = await loadTable(source({ [file.path]: saved }), [file]);
    const view = new RunTables('t');
    view.update([{ label: 'r', table, files: new MediaFiles() }]);
    expect(view.element.querySelector('[role=status]')!.textContent).toBe('2 rows, the first of 5,000');
  });

  it('are not needed for tables of numbers, and not there for runs of others', async () => {
    const plain = { columns: ['n'], data: [[5]] };
    expect((await loadTable(source({ [file.path]: plain, [file.artifact]: artifact }), [file])).rows).toEqual([[5]]);
    expect((await loadTable(source({ [file.path]: short }), [file])).rows).toEqual(short.data);
  });

  it('that are joined are drawn side by side', async () => {
    const part = (value: number): unknown => ({ columns: ['id', 'v'], data: [[1, value]] });
    const joined = { ...file, kind: 'joined-table', path: 'artifacts/c2/j.joined-table.json' };
    const files = { [joined.path]: { table1: 'a.table.json', table2: 'b.table.json', join_key: 'id' }, 'artifacts/c2/a.table.json': part(3), 'artifacts/c2/b.table.json': part(4) };
    expect(await loadTable(source(files), [joined])).toEqual({ columns: ['id', 'v · 1', 'v · 2'], rows: [[1, 3, 4]] });
  });
});

describe('tables in parts', () => {
  const file = (changes: object): MediaFile => ({ kind: 'partitioned-table', path: 'artifacts/c1/p.json', caption: '', width: null, height: null, size: null, ...changes });
  const part = (from: number, count: number): object => ({ columns: ['n'], data: Array.from({ length: count }, (_, i) => [from + i]) });

  beforeEach(() => {
    URL.createObjectURL = () => 'blob:1';
    URL.revokeObjectURL = () => undefined;
  });

  it('of a folder are read by pages of rows, until all are there', async () => {
    const names = Array.from({ length: 30 }, (_, i) => `parts/${i}.table.json`);
    const files: Record<string, unknown> = { 'artifacts/c1/p.json': { parts: names } };
    names.forEach((name, i) => (files[`artifacts/c1/${name}`] = part(i * 2000, 2000)));
    const all = source(files);
    const [first, second] = [await loadTable(all, [file({})], 1), await loadTable(all, [file({})], 3)];
    expect([first.rows.length, first.parts]).toEqual([32_000, { loaded: 16, total: 30, hasMore: true }]);
    expect([second.rows.length, second.rows.at(-1), second.parts]).toEqual([60_000, [59_999], undefined]);
    await expect(loadTable(source({ 'artifacts/c1/p.json': { parts_path: 'elsewhere' } }), [file({})])).rejects.toThrow('only a folder');
  });

  it('are complete if a view has a sample of the steps; where artifacts are missing their number is shown', async () => {
    const increment = (n: number): MediaFile => file({ kind: 'incremental-table', path: `media/table/${n}.table.json`, artifact: `artifacts/c${n}/${n}.table.json`, increment: n });
    const rows = [0, 2, 4].map((n) => ({ step: n, time: 0, files: [increment(n)] }));
    const series: MediaSeries = { key: 't', n: 5, rows: [...rows, { ...rows[2]!, step: 5 }] };
    const previous = [0, 1, 2, 3].map((n) => `wandb-client-artifact://c${n}/${n}.table.json`);
    const own = Object.fromEntries([0, 2, 4].map((n) => [`media/table/${n}.table.json`, part(n, 1)]));
    const artifacts = Object.fromEntries([0, 1, 2, 3, 4].map((n) => [`artifacts/c${n}/${n}.table.json`, n === 4 ? { ...part(4, 1), previous_increments_paths: previous } : part(n, 1)]));
    const files = tableFiles(series, null);
    expect(files.map(({ increment: n }) => n)).toEqual([0, 2, 4]);
    expect((await loadTable(source({ ...own, ...artifacts }), files)).rows).toEqual([[0], [1], [2], [3], [4]]);
    const sampled = await loadTable(source(own), files);
    expect([sampled.rows, sampled.parts]).toEqual([[[0], [2], [4]], { loaded: 3, total: 5, hasMore: false }]);
    const view = new RunTables('t', () => undefined);
    view.update([{ label: 'r', table: sampled, files: new MediaFiles() }]);
    expect(view.element.textContent).toContain('3 of 5 parts');
    expect(view.element.querySelector<HTMLElement>('.wnb-table-tools > button:last-child')!.hidden).toBe(true);
  });
});

describe('cells', () => {
  it('with a list of media show each of them, and say which is open', () => {
    const pictures = Array.from({ length: 10 }, (_, i) => ({ _type: 'image-file', path: `media/images/${i}.png`, caption: `no ${i}` }));
    const opened: number[] = [];
    const { node, title } = cellContent(pictures, new MediaFiles(), (place) => opened.push(place));
    const buttons = [...(node as HTMLElement).querySelectorAll('button')];
    buttons[3]!.click();
    expect([buttons.length, opened, (node as HTMLElement).textContent, title.startsWith('no 0, no 1')]).toEqual([8, [3], '+2', true]);
    expect([columnType([[pictures]], 0), columnType([[[1, pictures[0]!]]], 0), columnType([[[]]], 0)]).toEqual(['media', 'text', 'text']);
  });

  it('have types and texts', () => {
    expect([0, 1, 2, 3].map((column) => columnType([[1, 'a', PICTURE, null], [null, 2, null, null]], column))).toEqual(['number', 'text', 'media', 'text']);
    expect([cellText(1 / 3), cellText(null), cellText(true), cellText([1]), cellText('x'.repeat(999)).length]).toEqual(['0.3333', '', 'true', '[1]', 302]);
    expect([cellMedia({ _type: 'histogram', path: 'x' }), cellMedia('Image'), cellMedia(PICTURE)?.path]).toEqual([null, null, 'media/images/a.png']);
  });

  it('are reached by arrows, pages, Home and End within the grid', () => {
    const move = (key: string, row: number, column: number, ctrlKey = false): unknown => {
      const to = gridMove({ key, ctrlKey, metaKey: false, altKey: false }, { row, column }, { rows: 100, columns: 4, page: 10 });
      return to && [to.row, to.column];
    };
    expect([move('ArrowUp', 0, 1), move('ArrowUp', -1, 1), move('ArrowDown', 99, 1), move('ArrowLeft', 3, 0), move('ArrowRight', 3, 3)]).toEqual([[-1, 1], [-1, 1], [99, 1], [3, 0], [3, 3]]);
    expect([move('PageDown', 5, 0), move('PageUp', 5, 0), move('End', 5, 0), move('End', 5, 0, true), move('Home', 5, 2, true), move('x', 1, 1)]).toEqual([[15, 0], [0, 0], [5, 3], [99, 3], [0, 0], null]);
  });
});

describe('a table on the page', () => {
  beforeEach(() => {
    vi.stubGlobal('requestAnimationFrame', (draw: () => void) => (draw(), 1));
    Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 300 });
  });
  const run = (label: string, table: TableData): RunTable => ({ label, table, files: new MediaFiles() });
  const texts = (view: RunTables): string[] => [...view.element.querySelectorAll('[role=gridcell][data-type]')].map((cell) => cell.textContent ?? '');
  const input = (view: RunTables, label: string, value: string): void => {
    const field = view.element.querySelector<HTMLInputElement>(`[aria-label="${label}"]`)!;
    field.value = value;
    field.dispatchEvent(new Event(field instanceof HTMLSelectElement ? 'change' : 'input'));
  };
  const mount = (...tables: RunTable[]): RunTables => {
    const view = new RunTables('t');
    document.body.replaceChildren(view.element);
    view.update(tables);
    view.resize(300);
    return view;
  };

  it('draws the rows in sight only, and the keyboard reaches the last one', () => {
    const view = mount(run('r', { columns: ['id'], rows: Array.from({ length: 100_000 }, (_, i) => [i]) }));
    const grid = view.element.querySelector('[role=grid]')!;
    expect([grid.getAttribute('aria-rowcount'), grid.getAttribute('aria-colcount')]).toEqual(['100001', '1']);
    expect(texts(view).length).toBeLessThan(30);
    expect(document.querySelectorAll('[role=grid] [tabindex="0"]').length).toBe(1);
    view.focus();
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', ctrlKey: true, bubbles: true }));
    expect(document.activeElement!.textContent).toBe('99,999');
    expect(document.activeElement!.closest('[role=row]')!.getAttribute('aria-rowindex')).toBe('100001');
    expect(document.querySelectorAll('[role=grid] [tabindex="0"]').length).toBe(1);
  });

  it('sorts by Enter on a head, filters, groups, and opens a group', () => {
    const view = mount(run('r', { columns: ['n', 'kind'], rows: [[2, 'a'], [1, 'b'], [3, 'a']] }));
    view.focus();
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    expect(texts(view)).toEqual(['1', 'b', '2', 'a', '3', 'a']);
    expect(document.activeElement!.getAttribute('aria-sort')).toBe('ascending');
    (view.element.querySelector('.wnb-toggle[aria-pressed]') as HTMLElement).click();
    input(view, 'Filter n', '>= 2');
    expect(texts(view)).toEqual(['2', 'a', '3', 'a']);
    expect(view.element.querySelector('[role=status]')!.textContent).toBe('2 of 3 rows');
    input(view, 'Group the rows of t', 'kind');
    expect(texts(view)).toEqual(['a', '2', '2.5', 'b', '1', '1']);
    view.element.querySelector('[role=gridcell][data-type]')!.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
    expect(texts(view)).toEqual(['2', 'a', '3', 'a']);
  });

  it('keeps the choices when a new step has the same columns', () => {
    const view = mount(run('r', { columns: ['n'], rows: [[2], [1]] }));
    input(view, 'Search the table t', '1');
    view.update([run('r', { columns: ['n'], rows: [[1], [2], [11]] })]);
    expect(texts(view)).toEqual(['1', '11']);
    view.update([run('r', { columns: ['other'], rows: [['x']] })]);
    expect(view.element.querySelector('[role=columnheader]')!.textContent).toBe('other');
  });

  it('keeps its place and the focus while a live run adds rows, and goes to the top for another order', () => {
    const table = (count: number): TableData => ({ columns: ['id'], rows: Array.from({ length: count }, (_, i) => [i]) });
    const view = mount(run('r', table(1000)));
    const grid = view.element.querySelector('[role=grid]')!;
    grid.scrollTop = 1200;
    view.focus();
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
    document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true }));
    const [place, focused] = [grid.scrollTop, document.activeElement!.textContent];
    view.update([run('r', table(2000))]);
    expect([grid.scrollTop, document.activeElement!.textContent, grid.getAttribute('aria-rowcount')]).toEqual([place, focused, '2001']);
    grid.scrollTop = 1200;
    (grid.querySelector('[role=columnheader]') as HTMLElement).click();
    expect(grid.scrollTop).toBe(0);
  });

  it('of two runs is joined at first and marks differences; texts stay texts', () => {
    const view = mount(run('A', { columns: ['id', HOSTILE], rows: [[1, HOSTILE], [2, 'same']] }), run('B', { columns: ['id', HOSTILE], rows: [[1, 'x'], [2, 'same'], [3, 'new']] }));
    const marks = [...view.element.querySelectorAll<HTMLElement>('[role=gridcell][data-type]')].map((cell) => cell.dataset.mark ?? '');
    expect(marks).toEqual(['', 'different', 'different', '', '', '', 'missing', 'missing', 'missing']);
    expect(view.element.textContent).toContain('2 rows differ');
    expect(view.element.querySelector('img')).toBeNull();
    input(view, 'Runs of the table t', '1');
    expect(texts(view)).toEqual(['1', 'x', '2', 'same', '3', 'new']);
  });

  it('hides columns', () => {
    const view = mount(run('r', { columns: ['n', 'm'], rows: [[2, 5]] }));
    const box = view.element.querySelector<HTMLInputElement>('.wnb-picker-item input')!;
    box.checked = false;
    box.dispatchEvent(new Event('change'));
    expect(texts(view)).toEqual(['5']);
  });
});
