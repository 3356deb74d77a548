// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import type { Line } from '../src/chart/lines';
import { linesOf } from '../src/chart/lines';
import { unitOf } from '../src/model/axes';
import { Overlay } from '../src/model/overlay';
import { cellBands, cellDetails, cellName, cellOf } from '../src/chart/cell-ranges';
import { toSnapshot } from '../src/model/snapshot';
import { RunData } from '../src/model/run-data';
import { highlight } from '../src/view/tables/source-code';
import { fromSnapshot } from '../src/wire/decode';
import type { CellInfo } from '../src/wire/messages';
import type { Rows } from './messages';
import { message } from './messages';

const cell = (id: number, changes: Partial<CellInfo> = {}): CellInfo => ({
  id, n: id, source: `fit(${id})`, cut: false, started: 1, seconds: 2.5, ok: true, error: null, ...changes,
});

function buildRun(...parts: Omit<Rows, 'key'>[]): RunData {
  const data = new RunData();
  let n = 0;
  for (const part of parts) {
    n += part.values.length;
    data.apply(message([{ key: 'loss', n, ...part }], { cells: data.version === 0 ? [cell(3), cell(5)] : null }));
  }
  return data;
}

function lines(data: RunData, mode: 'step' | 'auto' = 'step'): Line[] {
  const overlay = Overlay.of(data);
  const chart = { title: 'loss', keys: ['loss'] };
  return linesOf(overlay, chart, { unit: unitOf(overlay, chart, mode) });
}

describe('the cell of a point', () => {
  it('is known across appended messages, even if a cell continues', () => {
    const data = buildRun({ values: [1, 2, 3], cells: [[3, 0]] }, { values: [4, 5], mode: 'append', steps: [3, 4], cells: [[3, 0], [5, 1]] });
    const [line] = lines(data);
    expect([0, 3, 4].map((i) => cellOf(line!, i))).toEqual([3, 3, 5]);
    expect(cellBands(line!)).toEqual([{ cell: 3, from: 0, to: 4 }, { cell: 5, from: 4, to: 4 }]);
    expect(data.hasCells).toBe(true);
  });

  it('is described with its steps and its result', () => {
    const data = buildRun({ values: [1, 2, 3], cells: [[3, 0], [5, 2]] });
    const [line] = lines(data);
    expect(cellDetails(line!, 3, data.cells.get(3))).toEqual(['ended after 2.5 s', 'loss: steps 0 to 1']);
    expect(cellDetails(line!, 5, cell(5, { ok: false, seconds: 90 }))).toEqual(['failed after 1.5 min', 'loss: step 2']);
    expect(cellDetails(line!, 5, cell(5, { ok: null, seconds: null }))[0]).toBe('end not recorded');
    expect([cellName(data, 3), cellName(data, 1_000_007)]).toEqual(['[3]', '[7]']);
  });

  it('is correct for points sorted by their step metric', () => {
    const data = buildRun({ values: [1, 2, 3, 4], x: [2, 3, 0, 1], cells: [[3, 0], [5, 2]] });
    const [line] = lines(data, 'auto');
    expect([0, 1, 2, 3].map((i) => cellOf(line!, i))).toEqual([5, 5, 3, 3]);
    expect(cellBands(line!)).toEqual([{ cell: 5, from: 0, to: 2 }, { cell: 3, from: 2, to: 3 }]);
  });

  it('belongs to its attempt', () => {
    const data = buildRun({ values: [1, 2, 3, 4], steps: [0, 1, 0, 1], attempts: [[0, 0], [1, 2]], cells: [[3, 0], [5, 3]] });
    const [earlier, newest] = lines(data);
    expect(cellBands(earlier!)).toEqual([{ cell: 3, from: 0, to: 1 }]);
    expect(cellBands(newest!)).toEqual([{ cell: 3, from: 0, to: 1 }, { cell: 5, from: 1, to: 1 }]);
  });

  it('is unknown for a script', () => {
    const data = buildRun({ values: [1, 2], cells: [] });
    const [line] = lines(data);
    expect([cellOf(line!, 0), cellBands(line!), data.hasCells]).toEqual([0, [], false]);
  });

  it('is in the saved output, decimated with its points', () => {
    const count = 50_000;
    const data = buildRun({ values: Array.from({ length: count }, (_, i) => Math.sin(i)), cells: [[3, 0], [5, 20_000]] });
    const again = new RunData();
    again.apply(fromSnapshot(JSON.parse(JSON.stringify(toSnapshot(data, null)))));
    const series = again.series.get('loss')!;
    const [first, second] = series.cells();
    expect([first!.cell, second!.cell, again.cells.get(5)!.source]).toEqual([3, 5, 'fit(5)']);
    expect(series.step.at(second!.first)).toBeGreaterThanOrEqual(20_000);
    expect(series.step.at(first!.end - 1)).toBeLessThan(20_000);
  });
});

describe('highlighting', () => {
  const kinds = (source: string): string[] => {
    const host = document.createElement('div');
    host.append(...highlight(source));
    expect(host.textContent).toBe(source);
    return [...host.querySelectorAll('span')].map((span) => `${span.className.replace('wnb-code-', '')} ${span.textContent}`);
  };

  it('highlights Python, and changes no character', () => {
    expect(kinds('for i in range(10):  # steps\n    log({"loss": 1e-3})')).toEqual([
      'keyword for', 'keyword in', 'number 10', 'comment # steps', 'string "loss"', 'number 1e-3',
    ]);
    expect(kinds('%%time\n@wrap\nx = f"a{b}"')).toEqual(['magic %%time', 'magic @wrap', 'string f"a{b}"']);
    expect(kinds('a = """one\n# two"""; b2 = c3')).toEqual(['string """one\n# two"""']);
    expect(kinds("print('open")).toEqual(["string 'open"]);
  });

  it('keeps markup as text, and handles long sources quickly', () => {
    expect(kinds('<img src=x onerror=alert(1)>')).toEqual(['number 1']);
    const started = performance.now();
    kinds(`${'"'.repeat(2001)}${'\\'.repeat(2000)}`);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
