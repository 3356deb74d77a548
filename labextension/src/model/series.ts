import { column } from '../wire/decode';
import type { Message, SeriesHeader } from '../wire/messages';
import { Column } from './column';

/** A part of a series: the rows that one attempt logged, `first` to `end` (exclusive). */
export interface AttemptRange {
  attempt: number;
  first: number;
  end: number;
}

/** A part of a series: the rows that one execution of a cell logged. */
export interface CellRange {
  cell: number;
  first: number;
  end: number;
}

/** One metric: columns of equal length. `n` counts the points logged, of which the columns hold all or a decimation. */
export class Series {
  readonly key: string;
  n = 0;
  decimated = false;
  stepMetric: string | null = null;
  step = new Column();
  time = new Column();
  value = new Column();
  x: Column | null = null;
  private starts: [attempt: number, first: number][] = [];
  private cellStarts: [cell: number, first: number][] = [];

  constructor(key: string) {
    this.key = key;
  }

  get length(): number {
    return this.value.length;
  }

  /**
   * Take a message's part of this series.
   *
   * Returns false where points in between are missing: the caller then asks for everything. A part that is already
   * held (a push and the answer to a pull may cross) is passed over.
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

  /** The attempts, oldest first; empty ones are left out. */
  attempts(): AttemptRange[] {
    const starts = this.starts.length > 0 ? this.starts : [[0, 0] as [number, number]];
    return starts
      .map(([attempt, first], i) => ({ attempt, first, end: starts[i + 1]?.[1] ?? this.length }))
      .filter((range) => range.end > range.first);
  }

  /** Which cells logged the points, in stretches; empty where no cell is told. */
  cells(): CellRange[] {
    return this.cellStarts
      .map(([cell, first], i) => ({ cell, first, end: this.cellStarts[i + 1]?.[1] ?? this.length }))
      .filter((range) => range.cell !== 0 && range.end > range.first);
  }

  /** The id of the cell that logged the point at `index`; 0 where none is told. */
  cellAt(index: number): number {
    return this.cellStarts.findLast(([, first]) => first <= index)?.[0] ?? 0;
  }

  private clear(withX: boolean): void {
    this.step = new Column();
    this.time = new Column();
    this.value = new Column();
    this.x = withX ? new Column() : null;
    this.starts = [];
    this.cellStarts = [];
  }

  private extend(header: SeriesHeader, message: Message): void {
    const held = this.length;
    join(this.starts, header.attempts, held);
    join(this.cellStarts, header.cells?.length ? header.cells : [[0, 0]], held);
    this.step.append(column(message, header.columns.step));
    this.time.append(column(message, header.columns.time));
    this.value.append(column(message, header.columns.value));
    this.x?.append(column(message, header.columns.x));
    this.n = header.n;
    this.decimated = header.decimated;
    this.stepMetric = header.stepMetric;
  }
}

/** Add the stretches of a message that begin at `held`; one that goes on is not begun again. */
function join(starts: [number, number][], more: [number, number][], held: number): void {
  for (const [what, first] of more) if (starts.at(-1)?.[0] !== what) starts.push([what, held + first]);
}
