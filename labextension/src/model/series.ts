import { column } from '../wire/decode';
import type { Message, SeriesHeader } from '../wire/messages';
import { Column } from './column';

/** The part of a series logged by one attempt: `first` to `end` (exclusive). */
export interface AttemptRange {
  attempt: number;
  first: number;
  end: number;
}

/** The part of a series logged by one execution of a cell. */
export interface CellRange {
  cell: number;
  first: number;
  end: number;
}

/** One metric: columns of equal length. `n` is the number of points logged; the columns have all of them or a decimation. */
export class Series {
  readonly key: string;
  n = 0;
  decimated = false;
  stepMetric: string | null = null;
  step = new Column();
  time = new Column();
  value = new Column();
  x: Column | null = null;
  private attemptStarts: [attempt: number, first: number][] = [];
  private cellStarts: [cell: number, first: number][] = [];

  constructor(key: string) {
    this.key = key;
  }

  get length(): number {
    return this.value.length;
  }

  /**
   * Apply a message's part of this series.
   *
   * Returns false if points in between are missing: the caller then requests everything. Points that are already
   * here are ignored, since a push and the answer to a pull may cross.
   */
  apply(header: SeriesHeader, message: Message): boolean {
    const { columns } = header;
    const count = columns.value[1];
    if (header.mode === 'append') {
      if (header.n <= this.n && !header.decimated) return true;
      if (!header.decimated && this.n + count !== header.n) return false;
      if ((columns.x === undefined) !== (this.x === null)) return false;
    } else {
      this.clear(columns.x !== undefined);
    }
    this.extend(header, message);
    return true;
  }

  /** The attempts, oldest first, without empty ones. */
  attempts(): AttemptRange[] {
    const starts = this.attemptStarts.length > 0 ? this.attemptStarts : [[0, 0] as [number, number]];
    return starts
      .map(([attempt, first], i) => ({ attempt, first, end: starts[i + 1]?.[1] ?? this.length }))
      .filter((range) => range.end > range.first);
  }

  /** The ranges of points that each cell logged; empty if no cell is known. */
  cells(): CellRange[] {
    return this.cellStarts
      .map(([cell, first], i) => ({ cell, first, end: this.cellStarts[i + 1]?.[1] ?? this.length }))
      .filter((range) => range.cell !== 0 && range.end > range.first);
  }

  /** The id of the cell that logged the point at `index`; 0 if unknown. */
  cellAt(index: number): number {
    return this.cellStarts.findLast(([, first]) => first <= index)?.[0] ?? 0;
  }

  private clear(withX: boolean): void {
    this.step = new Column();
    this.time = new Column();
    this.value = new Column();
    this.x = withX ? new Column() : null;
    this.attemptStarts = [];
    this.cellStarts = [];
  }

  private extend(header: SeriesHeader, message: Message): void {
    const offset = this.length;
    appendStarts(this.attemptStarts, header.attempts, offset);
    appendStarts(this.cellStarts, header.cells?.length ? header.cells : [[0, 0]], offset);
    this.step.append(column(message, header.columns.step));
    this.time.append(column(message, header.columns.time));
    this.value.append(column(message, header.columns.value));
    this.x?.append(column(message, header.columns.x));
    this.n = header.n;
    this.decimated = header.decimated;
    this.stepMetric = header.stepMetric;
  }
}

/** Add the ranges of a message whose points begin at `offset`; a range that continues is not started again. */
function appendStarts(starts: [number, number][], added: [number, number][], offset: number): void {
  for (const [id, first] of added) if (starts.at(-1)?.[0] !== id) starts.push([id, offset + first]);
}
