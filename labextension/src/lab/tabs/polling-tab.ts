import type { Tab } from '../../view/tabs';

/** What the tabs of one run share. */
export interface TabOptions {
  /** Whether the run has ended, so that nothing will change. */
  ended(): boolean;
  /** Redraw the view, which updates the open tab. */
  redraw(): void;
}

/** A tab that loads its content while it is open, every `intervalMs` until the run has ended. `load` must not reject. */
export function pollingTab(name: string, panel: HTMLElement, load: () => Promise<void>, intervalMs: number, options: TabOptions): Tab {
  const poller = new Poller(load, intervalMs, options);
  return { name, panel, update: () => poller.poll(), destroy: () => poller.stop() };
}

class Poller {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private nextPollAt = 0;
  private loading = false;
  private complete = false;

  constructor(private readonly load: () => Promise<void>, private readonly intervalMs: number, private readonly options: TabOptions) {}

  /** Load if the last load is old enough; called while the tab is open. */
  poll(): void {
    if (this.loading || this.complete || Date.now() < this.nextPollAt) return;
    this.loading = true;
    const last = this.options.ended();
    void this.load().finally(() => {
      this.loading = false;
      this.complete = last;
      this.nextPollAt = Date.now() + this.intervalMs;
      clearTimeout(this.timer);
      if (!last) this.timer = setTimeout(() => this.options.redraw(), this.intervalMs);
    });
  }

  stop(): void {
    clearTimeout(this.timer);
    this.complete = true;
  }
}
