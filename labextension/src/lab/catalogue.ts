import type { Look, RunRow, RunsApi } from './api';
import { Refused } from './api';

const HIDDEN_MS = 15_000;
/** While the status bar shows a run, so that it never tells of one that is over for long. */
const LIVE_MS = 3000;
const LONGEST_WAIT_MS = 60_000;
const MOST_LOOKS = 30;

/** The runs that the server lists, kept current while somebody watches. */
export class Catalogue {
  readonly rows = new Map<string, RunRow>();
  readonly looks = new Map<string, Look>();
  /** Why there is no list; empty while there is one. */
  problem = '';
  searching = false;
  complete = true;
  loaded = false;
  /** Whether to look at the list now and then while it is closed, for the status bar. */
  background = true;
  /** Milliseconds between two looks at the list while it is open. */
  refreshMs = 2000;
  private version = '';
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking = false;
  private search = false;
  private readonly listeners = new Set<() => void>();
  private wanted: () => string[] = () => [];
  private open = false;
  /** The server has no such route: there is nothing to ask again for. */
  private missing = false;

  constructor(private readonly api: RunsApi) {}

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Begin, or go on, to ask: often while the list is `open`. `wanted` tells which runs are in sight there. */
  watch(open: boolean, wanted?: () => string[]): void {
    this.open = open;
    this.wanted = wanted ?? this.wanted;
    if (!this.missing) this.again(0);
  }

  /** Ask now, and have the server search its folders again. */
  refresh(): void {
    this.search = true;
    this.failures = 0;
    this.missing = false;
    this.again(0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  /** The newest run that goes on. */
  get live(): RunRow | null {
    const running = [...this.rows.values()].filter((row) => row.state === 'running' && this.looks.get(row.key)?.state !== 'crashed');
    return running.reduce<RunRow | null>((a, b) => (a && a.created >= b.created ? a : b), null);
  }

  private again(ms: number): void {
    clearTimeout(this.timer);
    if (!this.asking) this.timer = setTimeout(() => void this.ask(), ms);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    const search = this.search;
    this.search = false;
    try {
      await this.take(search);
      await this.look();
      this.failures = 0;
      this.problem = '';
    } catch (error) {
      this.failed(error);
    }
    this.asking = false;
    this.loaded = true;
    for (const listener of this.listeners) listener();
    if (!this.missing && (this.open || this.background)) this.again(this.search ? 0 : this.wait());
  }

  private async take(search: boolean): Promise<void> {
    const changes = await this.api.changes(this.version, search);
    if (changes.whole) this.rows.clear();
    for (const row of changes.rows) this.rows.set(row.key, row);
    for (const key of changes.gone) {
      this.rows.delete(key);
      this.looks.delete(key);
    }
    this.version = changes.version;
    this.searching = changes.searching;
    this.complete = changes.complete;
    if (!this.loaded || changes.rows.length > 0) for (const listener of this.listeners) listener();
  }

  /** Ask for the looks of what is in sight and lacks one, or goes on. */
  private async look(): Promise<void> {
    const live = this.live;
    const seen = [...(live ? [live.key] : []), ...(this.open && !document.hidden ? this.wanted() : [])];
    const keys = [...new Set(seen)].filter((key) => !this.looks.has(key) || this.rows.get(key)?.state === 'running' || this.looks.get(key)?.state === 'running');
    if (keys.length === 0) return;
    for (const [key, look] of Object.entries(await this.api.looks(keys.slice(0, MOST_LOOKS)))) this.looks.set(key, look);
  }

  private failed(error: unknown): void {
    this.failures += 1;
    this.missing = error instanceof Refused && error.status === 404;
    this.problem = this.missing
      ? 'This Jupyter server does not list runs: its extension wandb_nb.jupyter is not enabled.'
      : error instanceof Error ? error.message : String(error);
  }

  private wait(): number {
    if (this.failures > 0) return Math.min(LONGEST_WAIT_MS, this.refreshMs * 2 ** Math.min(this.failures, 6));
    if (document.hidden) return HIDDEN_MS;
    if (!this.open) return this.live ? LIVE_MS : HIDDEN_MS;
    const missing = this.wanted().some((key) => !this.looks.has(key));
    return missing || this.searching ? Math.min(300, this.refreshMs) : this.refreshMs;
  }
}
