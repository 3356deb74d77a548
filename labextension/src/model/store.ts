import type { CellInfo, JsonObject, Message, MetricDefinition, RunInfo } from '../wire/messages';
import { Series } from './series';

/** All that is known of one run, grown by messages. Views of one page share it. */
export class RunData {
  run: RunInfo | null = null;
  config: JsonObject = {};
  summary: JsonObject = {};
  metrics: MetricDefinition[] = [];
  cells = new Map<number, CellInfo>();
  readonly series = new Map<string, Series>();
  cursor = '';
  done = false;
  /** Counts the messages taken; what was drawn at another number is stale. */
  version = 0;
  /** `performance.now()` when `run.runtime` was told. */
  toldAt = 0;

  /** Take a message. Where it does not follow what is held, the cursor is set back so that the next pull asks for all. */
  apply(message: Message): void {
    const { header } = message;
    let whole = true;
    for (const one of header.series) whole = this.one(one.key).apply(one, message) && whole;
    this.run = header.run;
    this.config = header.config ?? this.config;
    this.summary = header.summary ?? this.summary;
    this.metrics = header.metrics ?? this.metrics;
    if (header.cells) this.cells = new Map(header.cells.map((cell) => [cell.id, cell]));
    this.cursor = whole ? header.cursor : '';
    this.done = header.done;
    this.toldAt = performance.now();
    this.version += 1;
  }

  /** Whether a message that tells everything (a saved snapshot) is ahead of what is held. */
  isBehind(message: Message): boolean {
    const { run, done } = message.header;
    if (this.run === null) return true;
    if (run.rows !== this.run.rows) return run.rows > this.run.rows;
    return (done && !this.done) || (message.floats.length > 0 && this.points === 0);
  }

  /** Points over all series; 0 while nothing was logged that can be drawn. */
  get points(): number {
    let sum = 0;
    for (const series of this.series.values()) sum += series.length;
    return sum;
  }

  /** Whether several notebook cells are known to have logged points. */
  get hasCells(): boolean {
    return new Set([...this.series.values()].flatMap((series) => series.cells().map((range) => range.cell))).size > 1;
  }

  /** Seconds since the run began; goes on between messages while it runs and `live` says that somebody tells. */
  elapsed(live: boolean): number {
    const told = this.run?.runtime ?? 0;
    const ticking = live && this.run?.state === 'running' && !this.done;
    return ticking ? told + (performance.now() - this.toldAt) / 1000 : told;
  }

  private one(key: string): Series {
    let series = this.series.get(key);
    if (series === undefined) {
      series = new Series(key);
      this.series.set(key, series);
    }
    return series;
  }
}
