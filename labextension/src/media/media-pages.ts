import type { MediaRow, MediaSeries, Message, RangeRequest } from '../wire/messages';

/** A page cannot scroll further. */
const MAX_FILES = 200_000;
const MAX_LONG_ROWS = 20;
const RETRY_MS = 5_000;

/** A row of which more files were requested than its message had. */
interface LongRow {
  row: MediaRow;
  /** How many files the message had. */
  given: number;
  loading: boolean;
}

/**
 * The further files of rows whose messages have only the first ones, requested page by page from the source of a run. Of
 * the rows that were extended the latest ones stay so.
 */
export class MediaPages {
  /** Requests files; null if no source can supply them. */
  load: ((request: RangeRequest) => Promise<Message>) | null = null;
  onLoad: () => void = () => undefined;
  private readonly longRows = new Map<string, LongRow>(); // the least recently extended first

  /** How many files of a row there are to show: all of it, or those that are here if no source has the others. */
  countOf({ files, count }: MediaRow): number {
    return this.load === null ? files.length : Math.max(files.length, Math.min(MAX_FILES, count ?? 0));
  }

  /** Take the files that are here already over into the rows of a new message. */
  extendRows(media: readonly MediaSeries[]): void {
    for (const { key, rows } of media) {
      for (const row of rows) {
        const long = this.longRows.get(idOf(key, row));
        if (long === undefined || !isSame(long.row, row)) continue;
        row.files = long.row.files;
        row.count = long.row.count!;
        long.row = row;
      }
    }
  }

  /** Request the files that follow those of a row, unless they are on their way. */
  async extend(key: string, row: MediaRow): Promise<void> {
    if (this.load === null || row.files.length >= (row.count ?? 0)) return;
    const long = this.longRowOf(key, row);
    if (long.loading) return;
    long.loading = true;
    const request: RangeRequest = { keys: [key], axis: 'step', metric: null, from: row.step, to: row.step, firstFile: row.files.length };
    try {
      const { header } = await this.load(request);
      const files = header.media?.[0]?.rows[0]?.files ?? [];
      if (files.length > 0) long.row.files = [...long.row.files, ...files];
      else if (!header.more) long.row.count = long.row.files.length; // it names files that are not shown
      this.release(long, files.length === 0 && header.more ? RETRY_MS : 0);
    } catch {
      this.release(long, RETRY_MS);
    }
  }

  /** Let the next drawing request more, now or later. */
  private release(long: LongRow, afterMs: number): void {
    const release = (): void => {
      long.loading = false;
      this.onLoad();
    };
    if (afterMs === 0 || this.load === null) release();
    else setTimeout(release, afterMs);
  }

  private longRowOf(key: string, row: MediaRow): LongRow {
    const id = idOf(key, row);
    const old = this.longRows.get(id);
    const long = old !== undefined && isSame(old.row, row) ? old : { row, given: row.files.length, loading: false };
    this.longRows.delete(id);
    this.longRows.set(id, long);
    if (this.longRows.size > MAX_LONG_ROWS) this.shorten(this.longRows.keys().next().value!);
    return long;
  }

  private shorten(id: string): void {
    const { row, given } = this.longRows.get(id)!;
    row.files = row.files.slice(0, given);
    this.longRows.delete(id);
  }
}

function idOf(key: string, { step }: MediaRow): string {
  return `${step}\n${key}`;
}

/** Whether two rows have one value: its first and last common files are the same. */
function isSame(a: MediaRow, b: MediaRow): boolean {
  const last = Math.min(a.files.length, b.files.length) - 1;
  return a === b || (last >= 0 && a.files[0]!.path === b.files[0]!.path && a.files[last]!.path === b.files[last]!.path && b.count !== undefined);
}
