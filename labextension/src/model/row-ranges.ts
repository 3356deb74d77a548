import type { Message, RangeRequest } from '../wire/messages';
import type { XUnit } from './axes';
import { needsJoin } from './axes';
import type { Overlay } from './overlay';
import { Series } from './series';

type Range = [from: number, to: number];

/** The points of one series in one range. */
interface RangePart {
  series: Series | null;
  /** The points logged when they were requested; if more are, the range may have grown. */
  n: number;
  requestedAt: number;
}

const MAX_RANGES = 12;
const COLLECT_MS = 30;
const MIN_INTERVAL_MS = 1000;

/**
 * The points of parts of the x axis, requested from the source of a run, since a long run is sent as minimum and maximum
 * of each range of rows. Requests of the charts of a page are collected into one.
 */
export class RowRanges {
  /** Requests points; null if no source can supply them. */
  load: ((request: RangeRequest) => Promise<Message>) | null = null;
  onLoad: () => void = () => undefined;
  private readonly ranges = new Map<string, Map<string, RangePart>>();
  private readonly pending = new Map<string, { unit: XUnit; range: Range | null; keys: Set<string> }>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** The points of `key` in a range; null where they are not here. */
  get(key: string, unit: XUnit, range: Range | null): Series | null {
    return this.ranges.get(rangeId(unit, range))?.get(key)?.series ?? null;
  }

  /** Request the points of `series` in a range, unless they are here or on their way. */
  request(series: Series, unit: XUnit, range: Range | null): void {
    const id = rangeId(unit, range);
    const part = this.ranges.get(id)?.get(series.key);
    const isCurrent = part !== undefined && (part.n === series.n || performance.now() - part.requestedAt < MIN_INTERVAL_MS
      || (part.n >= 0 && isPast(series, unit, range)));
    if (this.load === null || isCurrent) return;
    this.partsOf(id).set(series.key, { series: part?.series ?? null, n: series.n, requestedAt: performance.now() });
    const group = this.pending.get(id) ?? { unit, range, keys: new Set() };
    this.pending.set(id, group);
    group.keys.add(series.key);
    this.timer ??= setTimeout(() => this.flush(), COLLECT_MS);
  }

  private partsOf(id: string): Map<string, RangePart> {
    const parts = this.ranges.get(id) ?? new Map<string, RangePart>();
    this.ranges.delete(id);
    this.ranges.set(id, parts);
    if (this.ranges.size > MAX_RANGES) this.ranges.delete(this.ranges.keys().next().value!);
    return parts;
  }

  private flush(): void {
    this.timer = undefined;
    const groups = [...this.pending];
    this.pending.clear();
    for (const [id, { unit, range, keys }] of groups) void this.loadRange(id, unit, range, [...keys]);
  }

  private async loadRange(id: string, unit: XUnit, range: Range | null, keys: string[]): Promise<void> {
    const request: RangeRequest = {
      keys, axis: unit.kind, metric: unit.kind === 'metric' ? unit.label : null, from: range?.[0] ?? null, to: range?.[1] ?? null,
    };
    try {
      const message = await this.load!(request);
      this.apply(id, message);
      if (message.header.more) setTimeout(() => this.retry(id, keys), MIN_INTERVAL_MS / 2);
    } catch {
      setTimeout(() => this.retry(id, keys), 5 * MIN_INTERVAL_MS);
    }
  }

  private apply(id: string, message: Message): void {
    const parts = this.partsOf(id);
    for (const header of message.header.series) {
      const series = new Series(header.key);
      series.apply(header, message);
      const part = parts.get(header.key);
      parts.set(header.key, { series, n: part?.n ?? header.n, requestedAt: part?.requestedAt ?? performance.now() });
    }
    this.onLoad();
  }

  /** Let the next drawing request these again. */
  private retry(id: string, keys: string[]): void {
    for (const key of keys) {
      const part = this.ranges.get(id)?.get(key);
      if (part !== undefined) Object.assign(part, { n: -1, requestedAt: -Infinity });
    }
    this.onLoad();
  }
}

/** Whether points logged later are outside the range. */
function isPast(series: Series, unit: XUnit, range: Range | null): boolean {
  return range !== null && unit.kind !== 'metric' && range[1] < series[unit.kind].at(-1);
}

function rangeId(unit: XUnit, range: Range | null): string {
  return `${unit.id}\n${range?.join(' ') ?? ''}`;
}

/** Request what the visible runs have only as minimum and maximum: the rows of the range `zoom`, or their x values. */
export function requestRows(overlay: Overlay, keys: string[], unit: XUnit, zoom: Range | null): void {
  for (const { data } of overlay.visibleRuns) {
    for (const series of keys.map((key) => data.series.get(key))) {
      if (series === undefined) continue;
      if (series.decimated && zoom !== null) data.ranges.request(series, unit, zoom);
      else if (needsJoin(data, series, unit)) data.ranges.request(series, unit, null);
    }
  }
}
