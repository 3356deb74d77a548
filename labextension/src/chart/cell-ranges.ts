import type { CellInfo } from '../wire/messages';
import { formatNumber } from '../model/format';
import type { Line } from './lines';
import { seriesIndex } from './lines';
import type { Series } from '../model/series';
import type { RunData } from '../model/run-data';

/** Cell ids of a resumed run count a million further for each earlier run directory. */
const CELLS_PER_DIRECTORY = 1_000_000;

const MAX_BANDS = 500;

/** A range of x logged by one execution of a cell. */
export interface Band {
  cell: number;
  from: number;
  to: number;
}

/** A band with the name of its cell. */
export type NamedBand = Band & { name: string };

/** The id of the cell that logged point `i` of a line; 0 if unknown. */
export function cellOf(line: Line, i: number): number {
  return line.series.cellAt(seriesIndex(line, i));
}

/** The number of a cell, as the notebook shows it. */
export function cellName(data: RunData, id: number): string {
  return `[${data.cells.get(id)?.n ?? id % CELLS_PER_DIRECTORY}]`;
}

/** The cells along a line, in the order of x; each band ends where the next one begins. None if x goes back and forth between many. */
export function cellBands(line: Line): Band[] {
  const { series } = line;
  if (series.cells().length === 0 || line.xs.length === 0) return [];
  const result: Band[] = [];
  const change = (cell: number, from: number): void => {
    if (result.length > 0) result.at(-1)!.to = from;
    result.push({ cell, from, to: line.xs.at(-1)! });
  };
  if (line.order !== null) {
    line.order.forEach((index, i) => {
      const cell = series.cellAt(index);
      if (result.at(-1)?.cell !== cell) change(cell, line.xs[i]!);
    });
  } else {
    const end = line.first + line.xs.length;
    for (const range of series.cells()) {
      const first = Math.max(range.first, line.first);
      if (Math.min(range.end, end) > first) change(range.cell, line.xs[first - line.first]!);
    }
  }
  return result.length > MAX_BANDS ? [] : result.filter((band) => band.cell !== 0);
}

/** Details of a cell: its result and duration, and the steps of a metric that it logged. */
export function cellDetails(line: Line, id: number, cell: CellInfo | undefined): string[] {
  return [cell ? cellOutcome(cell) : '', stepsOf(line, id)].filter(Boolean);
}

/** The result of a cell and its duration. */
export function cellOutcome({ seconds, ok }: CellInfo): string {
  if (ok === null) return 'end not recorded';
  const duration = seconds === null ? '' : ` after ${seconds < 60 ? `${formatNumber(Number(seconds.toPrecision(3)))} s` : `${formatNumber(Math.round(seconds / 6) / 10)} min`}`;
  return `${ok ? 'ended' : 'failed'}${duration}`;
}

function stepsOf(line: Line, id: number): string {
  const series = seriesOf(line);
  const ranges = series?.cells().filter((range) => range.cell === id) ?? [];
  if (series === undefined || ranges.length === 0) return '';
  const steps = ranges.flatMap(({ first, end }) => [series.step.at(first), series.step.at(end - 1)]);
  const [low, high] = [Math.min(...steps), Math.max(...steps)];
  return `${line.key}: ${low === high ? `step ${formatNumber(low)}` : `steps ${formatNumber(low)} to ${formatNumber(high)}`}`;
}

function seriesOf(line: Line): Series | undefined {
  return line.run.data.series.get(line.key);
}
