import type { Comparison, Message, RangeRequest } from '../wire/messages';
import { RunData } from '../model/run-data';

/** How current the data is. `saved`: from the notebook; `lost`: live data is (for now) unavailable. */
export type FeedStatus = 'saved' | 'live' | 'lost' | 'done';

/** A connection to the rows of a run. */
export interface Transport {
  /** The rows after the cursor. Rejects with `UnavailableError` if asking again is useless. */
  pull(cursor: string): Promise<Message>;
  /** Ask the training to stop; `force` interrupts it. */
  stop(force: boolean): Promise<void>;
  /** The earlier runs of the same notebook, if this transport supports that. */
  earlierRuns?(): Promise<Comparison>;
  /** The points of a part of the x axis, if this transport supports that. */
  range?(request: RangeRequest): Promise<Message>;
  /** The bytes of a media file, if this transport supports that. */
  file?(path: string): Promise<ArrayBuffer>;
  /** Register a listener for pushed messages, if the other side pushes. */
  onPush?: (listener: (message: Message) => void) => void;
  /** How long a pushing side may be silent before it is pulled again. */
  readonly maxSilenceMs?: number;
  close(): void;
}

/** This transport cannot serve the run, now or later. */
export class UnavailableError extends Error {}

export interface Viewer {
  changed(): void;
}

const VISIBLE_POLL_MS = 250;
const HIDDEN_POLL_MS = 5000;
const PUSH_POLL_MS = 10_000;
/** A kernel that cannot answer while its cell runs still pushes a snapshot every 8 s. */
const MAX_SILENCE_MS = 12_000;
const MAX_RETRY_MS = 15_000;

/**
 * The data of one run, kept current for any number of viewers. It polls often while a viewer is visible, rarely
 * otherwise, and rarely after the run ended, until it is sent. Transports are tried in order; the next one replaces an unavailable one.
 */
export class Feed {
  readonly data = new RunData();
  status: FeedStatus = 'saved';
  private readonly viewers = new Map<Viewer, boolean>();
  private transport: Transport | null = null;
  private opening: Promise<Transport | null> | null = null;
  private nextOpener = 0;
  /** Whether the data came from the current transport, so that its cursor is valid there. */
  private cursorValid = false;
  private more = false;
  private pulling = false;
  private failures = 0;
  private lastMessageAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly onVisibilityChange = (): void => this.schedule();

  constructor(private readonly openers: (() => Promise<Transport | null>)[]) {
    if (openers.length > 0) this.data.ranges.load = this.data.mediaPages.load = (request) => this.loadRange(request);
    this.data.mediaFiles.load = (path) => this.loadFile(path).catch((error: unknown) => this.previewOf(path, error));
    this.data.mediaFiles.pictureOf = (path) => this.data.previews.picture(path);
    this.data.ranges.onLoad = this.data.mediaPages.onLoad = () => {
      this.data.version += 1;
      this.notify();
    };
  }

  /** Add a viewer, initially not visible. */
  join(viewer: Viewer): void {
    if (this.viewers.size === 0) document.addEventListener('visibilitychange', this.onVisibilityChange);
    this.viewers.set(viewer, false);
    void this.pull();
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer);
    if (this.viewers.size > 0) return;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.onVisibilityChange);
    this.closeTransport();
    this.data.mediaFiles.clear();
    this.nextOpener = 0;
  }

  /** Set whether this viewer is visible. */
  setVisible(viewer: Viewer, visible: boolean): void {
    if (!this.viewers.has(viewer) || this.viewers.get(viewer) === visible) return;
    this.viewers.set(viewer, visible);
    this.schedule();
  }

  /** Whether there are no viewers. */
  get idle(): boolean {
    return this.viewers.size === 0;
  }

  /** Apply a complete snapshot, unless the data is already as new. */
  offerSnapshot(message: Message): void {
    this.data.previews.take(message.header.previews);
    if (this.status === 'live' || !this.data.isBehind(message)) return;
    this.cursorValid = false;
    this.apply(message);
  }

  /** Whether the run is active, as far as a live connection reports. */
  get active(): boolean {
    return this.status === 'live' && this.data.run?.state === 'running';
  }

  /** Whether there is a training to stop: a script, or a cell that is running. */
  get canStop(): boolean {
    return this.active && this.data.run?.cellRunning !== false;
  }

  async stop(force: boolean): Promise<void> {
    await this.transport?.stop(force);
  }

  /** Whether a transport may provide the earlier runs of the notebook. */
  get mayHaveEarlierRuns(): boolean {
    return this.transport === null ? this.nextOpener < this.openers.length : this.transport.earlierRuns !== undefined;
  }

  /** The earlier runs of the notebook; rejects if no transport provides them. */
  async earlierRuns(): Promise<Comparison> {
    await this.openTransport();
    if (this.transport?.earlierRuns === undefined) throw new UnavailableError('The earlier runs of this notebook are not available.');
    return this.transport.earlierRuns();
  }

  /** The points of a part of the x axis. If no transport can supply them, none is asked again. */
  private async loadRange(request: RangeRequest): Promise<Message> {
    await this.openTransport();
    if (this.transport?.range !== undefined) return this.transport.range(request);
    this.data.ranges.load = this.data.mediaPages.load = null;
    throw new UnavailableError('The rows of this run are not available.');
  }

  /** The bytes of a media file. A transport that has not answered yet, and does not know the run, is replaced. */
  private async loadFile(path: string): Promise<ArrayBuffer> {
    await this.openTransport();
    const { transport } = this;
    if (transport?.file === undefined) throw new UnavailableError('The media files of this run are not available.');
    try {
      return await transport.file(path);
    } catch (error) {
      if (!(error instanceof UnavailableError) || this.cursorValid) throw error;
      if (this.transport === transport) this.closeTransport();
      return this.loadFile(path);
    }
  }

  /** The small copy of a file that no transport has; without one the `error` is thrown again. */
  private previewOf(path: string, error: unknown): ArrayBuffer {
    const content = this.data.previews.content(path);
    if (content === null) throw error;
    return content;
  }

  private apply(message: Message): void {
    this.data.apply(message);
    this.notify();
  }

  private notify(): void {
    for (const viewer of this.viewers.keys()) viewer.changed();
  }

  private setStatus(status: FeedStatus): void {
    if (status === this.status) return;
    this.status = status;
    this.notify();
  }

  private async pull(): Promise<void> {
    if (this.pulling || this.complete) return this.schedule();
    this.pulling = true;
    try {
      await this.openTransport();
      if (this.transport) this.receive(await this.transport.pull(this.cursorValid ? this.data.cursor : ''));
    } catch (error) {
      this.handleFailure(error);
    } finally {
      this.pulling = false;
    }
    if (this.viewers.size === 0) this.closeTransport();
    this.schedule();
  }

  private receive(message: Message): void {
    this.failures = 0;
    this.lastMessageAt = performance.now();
    this.cursorValid = true;
    this.more = message.header.more;
    this.status = message.header.done ? 'done' : 'live';
    this.apply(message);
  }

  private handleFailure(error: unknown): void {
    this.failures += 1;
    if (error instanceof UnavailableError) this.closeTransport();
    else if (performance.now() - this.lastMessageAt > MAX_SILENCE_MS) this.setStatus('lost');
  }

  private closeTransport(): void {
    this.transport?.close();
    this.transport = null;
    this.cursorValid = false;
  }

  /** Open the next transport if there is none; concurrent callers share one attempt. */
  private async openTransport(): Promise<void> {
    if (this.transport !== null) return;
    this.opening ??= this.openNext().finally(() => (this.opening = null));
    this.transport ??= await this.opening;
  }

  private async openNext(): Promise<Transport | null> {
    while (this.nextOpener < this.openers.length) {
      const transport = await this.openers[this.nextOpener++]!().catch(() => null);
      if (transport === null) continue;
      transport.onPush?.((message) => {
        this.receive(message);
        this.schedule();
      });
      return transport;
    }
    return null;
  }

  /** Schedule the next pull; none after the run ended, or if all transports are unavailable. */
  private schedule(): void {
    clearTimeout(this.timer);
    if (this.viewers.size === 0 || this.pulling) return;
    if (this.complete) this.setStatus('done');
    else if (this.transport === null && this.nextOpener >= this.openers.length) this.setStatus('lost');
    else this.timer = setTimeout(() => void this.pull(), this.delayMs());
  }

  /** Whether nothing will change: the run has ended, and a server has all of it or none will get it. */
  private get complete(): boolean {
    if (this.lacksMedia) return false;
    const { sync } = this.data.run ?? {};
    if (!this.data.done || !sync || sync.state === 'done' || sync.state === 'refused') return this.data.done;
    return this.transport === null ? this.nextOpener >= this.openers.length : this.transport.onPush !== undefined;
  }

  /** Whether a saved output has only some of the media, and a transport may provide the others. */
  private get lacksMedia(): boolean {
    const mayOpen = this.transport !== null || this.nextOpener < this.openers.length;
    return mayOpen && !this.cursorValid && this.data.media.some(({ n, rows }) => n > rows.length);
  }

  private delayMs(): number {
    if (this.transport === null) return 0;
    if (this.failures > 0) return Math.min(MAX_RETRY_MS, 500 * 2 ** Math.min(this.failures, 6));
    if (this.more) return 0;
    if (this.transport.onPush && this.data.cursor !== '') return this.transport.maxSilenceMs ?? PUSH_POLL_MS;
    if (this.data.done) return HIDDEN_POLL_MS;
    const visible = !document.hidden && [...this.viewers.values()].includes(true);
    return visible ? VISIBLE_POLL_MS : HIDDEN_POLL_MS;
  }
}
