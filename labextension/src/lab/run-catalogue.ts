import type { RunPreview, RunRow, RunsApi } from './runs-api';
import { RequestError } from './runs-api';

const HIDDEN_POLL_MS = 15_000;
/** While the status bar shows a run, so that an ended run does not stay there for long. */
const LIVE_POLL_MS = 3000;
const MISSING_PREVIEW_POLL_MS = 300;
const MAX_RETRY_MS = 60_000;
const MAX_PREVIEWS = 30;

/** The runs that the server lists, kept current while a viewer watches. */
export class RunCatalogue {
  readonly rows = new Map<string, RunRow>();
  readonly previews = new Map<string, RunPreview>();
  /** Why there is no list; empty if there is one. */
  problem = '';
  searching = false;
  complete = true;
  loaded = false;
  /** Whether to poll rarely while the list is closed, for the status bar. */
  background = true;
  /** Milliseconds between two polls while the list is open. */
  refreshMs = 2000;
  private version = '';
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private polling = false;
  private searchFolders = false;
  private readonly listeners = new Set<() => void>();
  private visibleKeys: () => string[] = () => [];
  private open = false;
  /** Whether the server lacks the route, so that polling is useless. */
  private routeMissing = false;

  constructor(private readonly api: RunsApi) {}

  /** Register a listener; returns a function that removes it. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Start or continue polling, often while the list is `open`. `visibleKeys` returns the runs that are visible there. */
  watch(open: boolean, visibleKeys?: () => string[]): void {
    this.open = open;
    this.visibleKeys = visibleKeys ?? this.visibleKeys;
    if (!this.routeMissing) this.schedule(0);
  }

  /** Poll now, and let the server search its folders again. */
  refresh(): void {
    this.searchFolders = true;
    this.failures = 0;
    this.routeMissing = false;
    this.schedule(0);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.listeners.clear();
  }

  /** The newest active run. */
  get activeRun(): RunRow | null {
    const running = [...this.rows.values()].filter((row) => row.state === 'running' && this.previews.get(row.key)?.state !== 'crashed');
    return running.reduce<RunRow | null>((a, b) => (a && a.created >= b.created ? a : b), null);
  }

  private schedule(ms: number): void {
    clearTimeout(this.timer);
    if (!this.polling) this.timer = setTimeout(() => void this.poll(), ms);
  }

  private async poll(): Promise<void> {
    this.polling = true;
    const searchFolders = this.searchFolders;
    this.searchFolders = false;
    try {
      await this.updateRows(searchFolders);
      await this.updatePreviews();
      this.failures = 0;
      this.problem = '';
    } catch (error) {
      this.handleFailure(error);
    }
    this.polling = false;
    this.loaded = true;
    this.notify();
    if (!this.routeMissing && (this.open || this.background)) this.schedule(this.searchFolders ? 0 : this.delayMs());
  }

  private async updateRows(searchFolders: boolean): Promise<void> {
    const changes = await this.api.changes(this.version, searchFolders);
    if (changes.whole) this.rows.clear();
    for (const row of changes.rows) this.rows.set(row.key, row);
    for (const key of changes.gone) {
      this.rows.delete(key);
      this.previews.delete(key);
    }
    this.version = changes.version;
    this.searching = changes.searching;
    this.complete = changes.complete;
    if (!this.loaded || changes.rows.length > 0) this.notify();
  }

  /** Request the previews of visible runs that have none yet or are active. */
  private async updatePreviews(): Promise<void> {
    const { activeRun } = this;
    const visible = [...(activeRun ? [activeRun.key] : []), ...(this.open && !document.hidden ? this.visibleKeys() : [])];
    const isStale = (key: string): boolean => {
      const preview = this.previews.get(key);
      return preview === undefined || preview.state === 'running' || this.rows.get(key)?.state === 'running';
    };
    const keys = [...new Set(visible)].filter(isStale);
    if (keys.length === 0) return;
    for (const [key, preview] of Object.entries(await this.api.previews(keys.slice(0, MAX_PREVIEWS)))) this.previews.set(key, preview);
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }

  private handleFailure(error: unknown): void {
    this.failures += 1;
    this.routeMissing = error instanceof RequestError && error.status === 404;
    this.problem = this.routeMissing
      ? 'This Jupyter server cannot list runs: enable its extension wandb_nb.jupyter.'
      : error instanceof Error ? error.message : String(error);
  }

  private delayMs(): number {
    if (this.failures > 0) return Math.min(MAX_RETRY_MS, this.refreshMs * 2 ** Math.min(this.failures, 6));
    if (document.hidden) return HIDDEN_POLL_MS;
    if (!this.open) return this.activeRun ? LIVE_POLL_MS : HIDDEN_POLL_MS;
    const missing = this.visibleKeys().some((key) => !this.previews.has(key));
    return missing || this.searching ? Math.min(MISSING_PREVIEW_POLL_MS, this.refreshMs) : this.refreshMs;
  }
}
