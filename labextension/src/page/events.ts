type Listener = (changed: string[]) => void;

const LONGEST_WAIT_MS = 30_000;
const HIDDEN_MS = 20_000;

/**
 * The server's word that something has changed: the ids of runs, or none after the connection was made (anything may
 * have changed before). It reconnects by itself, and lets go while the page is hidden: a browser has few connections.
 */
export class Events {
  private source: EventSource | null = null;
  private readonly listeners = new Set<Listener>();
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly address: string, private readonly status: (connected: boolean) => void) {
    document.addEventListener('visibilitychange', () => this.seen());
    this.open();
  }

  /** Be told; returns what ends that. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private seen(): void {
    clearTimeout(this.timer);
    if (!document.hidden) this.open();
    else this.timer = setTimeout(() => this.close(), HIDDEN_MS);
  }

  private open(): void {
    if (this.source !== null) return;
    const source = new EventSource(this.address);
    this.source = source;
    source.addEventListener('change', (event) => this.told(JSON.parse(event.data) as string[]));
    source.addEventListener('error', () => this.failed(source));
  }

  private close(): void {
    this.source?.close();
    this.source = null;
  }

  private told(changed: string[]): void {
    this.failures = 0;
    this.status(true);
    for (const listener of this.listeners) listener(changed);
  }

  /** The browser tries again by itself after a broken connection, but not after a refusal. */
  private failed(source: EventSource): void {
    this.status(false);
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), Math.min(LONGEST_WAIT_MS, 1000 * 2 ** this.failures));
  }
}
