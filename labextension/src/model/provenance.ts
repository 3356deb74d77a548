import type { CellInfo } from '../wire/messages';
import { number } from './format';
import type { Line } from './lines';
import { placeOf } from './lines';
import type { Series } from './series';
import type { RunData } from './store';

const CELLS_OF_A_PART = 1_000_000;

/** A stretch of x that one execution of a cell logged. */
export interface Band {
  cell: number;
  from: number;
  to: number;
}

/** The id of the cell that logged point `i` of a line; 0 where none is told. */
export function cellOf(line: Line, i: number): number {
  return seriesOf(line)?.cellAt(placeOf(line, i)) ?? 0;
}

/** How the notebook calls a cell. */
export function cellName(data: RunData, id: number): string {
  return `[${data.cells.get(id)?.n ?? id % CELLS_OF_A_PART}]`;
}

/** The cells along a line, in the order of x; each band reaches to where the next one begins. */
export function bands(line: Line): Band[] {
  const series = seriesOf(line);
  if (series === undefined || series.cells().length === 0 || line.xs.length === 0) return [];
  const found: Band[] = [];
  const change = (cell: number, from: number): void => {
    if (found.length > 0) found.at(-1)!.to = from;
    found.push({ cell, from, to: line.xs.at(-1)! });
  };
  if (line.order !== null) {
    line.order.forEach((place, i) => {
      const cell = series.cellAt(place);
      if (found.at(-1)?.cell !== cell) change(cell, line.xs[i]!);
    });
  } else {
    const end = line.first + line.xs.length;
    for (const range of series.cells()) {
      const first = Math.max(range.first, line.first);
      if (Math.min(range.end, end) > first) change(range.cell, line.xs[first - line.first]!);
    }
  }
  return found.filter((band) => band.cell !== 0);
}

/** What is to say about a cell: how long it took and how it ended, and which points of a metric it logged. */
export function cellFacts(line: Line, id: number, cell: CellInfo | undefined): string[] {
  return [cell ? outcome(cell) : '', pointsOf(line, id)].filter(Boolean);
}

/** How a cell ended, and after how long. */
export function outcome({ seconds, ok }: CellInfo): string {
  if (ok === null) return 'running or cut off';
  const took = seconds === null ? '' : ` after ${seconds < 60 ? `${number(Number(seconds.toPrecision(3)))} s` : `${number(Math.round(seconds / 6) / 10)} min`}`;
  return `${ok ? 'ended' : 'failed'}${took}`;
}

function pointsOf(line: Line, id: number): string {
  const series = seriesOf(line);
  const ranges = series?.cells().filter((range) => range.cell === id) ?? [];
  if (series === undefined || ranges.length === 0) return '';
  const steps = ranges.flatMap(({ first, end }) => [series.step.at(first), series.step.at(end - 1)]);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  return `${line.key}: ${low === high ? `step ${number(low)}` : `steps ${number(low)} to ${number(high)}`}`;
}

function seriesOf(line: Line): Series | undefined {
  return line.run.data.series.get(line.key);
}
