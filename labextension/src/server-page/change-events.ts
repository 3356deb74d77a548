type Listener = (changed: string[]) => void;

const MAX_RETRY_MS = 30_000;
const CLOSE_WHEN_HIDDEN_MS = 20_000;

/**
 * Server-sent events with the ids of runs that changed, or no ids after a (re)connection, when anything may have changed.
 * It reconnects automatically, and disconnects while the page is hidden, since browsers limit connections per host.
 */
export class ChangeEvents {
  private source: EventSource | null = null;
  private readonly listeners = new Set<Listener>();
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly url: string, private readonly onStatus: (connected: boolean) => void) {
    document.addEventListener('visibilitychange', () => this.visibilityChanged());
    this.open();
  }

  /** Register a listener; returns a function that removes it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private visibilityChanged(): void {
    clearTimeout(this.timer);
    if (!document.hidden) this.open();
    else this.timer = setTimeout(() => this.close(), CLOSE_WHEN_HIDDEN_MS);
  }

  private open(): void {
    if (this.source !== null) return;
    const source = new EventSource(this.url);
    this.source = source;
    source.addEventListener('change', (event) => this.notify(JSON.parse(event.data) as string[]));
    source.addEventListener('error', () => this.handleError(source));
  }

  private close(): void {
    this.source?.close();
    this.source = null;
  }

  private notify(changed: string[]): void {
    this.failures = 0;
    this.onStatus(true);
    for (const listener of this.listeners) listener(changed);
  }

  /** The browser reconnects after a broken connection, but not after a rejection. */
  private handleError(source: EventSource): void {
    this.onStatus(false);
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), Math.min(MAX_RETRY_MS, 1000 * 2 ** this.failures));
  }
}
