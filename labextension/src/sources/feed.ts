import type { Comparison, Message } from '../wire/messages';
import { RunData } from '../model/store';

/** How live the data is. `saved`: as the notebook holds it; `lost`: the way to live data is (for now) gone. */
export type Status = 'saved' | 'live' | 'lost' | 'done';

/** A way to a run's rows. */
export interface Transport {
  /** What followed the cursor; rejects with `Gone` where asking again is of no use. */
  pull(cursor: string): Promise<Message>;
  /** Ask the training to end; `force` interrupts it. */
  stop(force: boolean): Promise<void>;
  /** The earlier runs of the same notebook, where this way knows them. */
  ghosts?(): Promise<Comparison>;
  /** Messages that come unasked, where the other side sends such. */
  pushed?: (listener: (message: Message) => void) => void;
  /** How long the other side may be silent before it is asked again. */
  readonly restMs?: number;
  close(): void;
}

/** This way leads nowhere, now and later. */
export class Gone extends Error {}

export interface Viewer {
  changed(): void;
}

const IN_VIEW_MS = 250;
const OUT_OF_VIEW_MS = 5000;
const PUSHED_MS = 10_000;
/** A kernel that cannot answer while its cell runs still sends a snapshot every 8 s. */
const SILENCE_MS = 12_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * One run's data, kept current for any number of viewers: it asks while somebody looks, seldom while nobody does, and
 * never again once the run is over. `ways` are tried in order; the next one is taken when one is `Gone`.
 */
export class Feed {
  readonly data = new RunData();
  status: Status = 'saved';
  private readonly viewers = new Map<Viewer, boolean>();
  private way: Transport | null = null;
  private opening: Promise<Transport | null> | null = null;
  private next = 0;
  /** Whether what is held came this way, so that its cursor means something. */
  private following = false;
  private more = false;
  private asking = false;
  private failures = 0;
  private heardAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly whenHidden = (): void => this.schedule();

  constructor(private readonly ways: (() => Promise<Transport | null>)[]) {}

  /** Add a viewer, at first out of sight. */
  join(viewer: Viewer): void {
    if (this.viewers.size === 0) document.addEventListener('visibilitychange', this.whenHidden);
    this.viewers.set(viewer, false);
    void this.ask();
  }

  leave(viewer: Viewer): void {
    this.viewers.delete(viewer);
    if (this.viewers.size > 0) return;
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.whenHidden);
    this.dropWay();
    this.next = 0;
  }

  /** Say whether this viewer is in sight. */
  look(viewer: Viewer, inSight: boolean): void {
    if (!this.viewers.has(viewer) || this.viewers.get(viewer) === inSight) return;
    this.viewers.set(viewer, inSight);
    this.schedule();
  }

  /** Whether nobody looks. */
  get idle(): boolean {
    return this.viewers.size === 0;
  }

  /** Take a snapshot that tells everything, unless as much is known already. */
  offer(message: Message): void {
    if (this.status === 'live' || !this.data.isBehind(message)) return;
    this.following = false;
    this.take(message);
  }

  /** Whether there is a way to ask the training to end. */
  get canStop(): boolean {
    return this.status === 'live' && this.data.run?.state === 'running';
  }

  async stop(force: boolean): Promise<void> {
    await this.way?.stop(force);
  }

  /** Whether somebody may know the earlier runs of the notebook. */
  get offersGhosts(): boolean {
    return this.way === null ? this.next < this.ways.length : this.way.ghosts !== undefined;
  }

  /** The earlier runs of the notebook; rejects where nobody who knows them answers. */
  async ghosts(): Promise<Comparison> {
    await this.openWay();
    if (this.way?.ghosts === undefined) throw new Gone('The earlier runs are not reachable from here.');
    return this.way.ghosts();
  }

  private take(message: Message): void {
    this.data.apply(message);
    for (const viewer of this.viewers.keys()) viewer.changed();
  }

  private tell(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    for (const viewer of this.viewers.keys()) viewer.changed();
  }

  private async ask(): Promise<void> {
    if (this.asking || this.data.done) return this.schedule();
    this.asking = true;
    try {
      await this.openWay();
      if (this.way) this.received(await this.way.pull(this.following ? this.data.cursor : ''));
    } catch (error) {
      this.failed(error);
    } finally {
      this.asking = false;
    }
    if (this.viewers.size === 0) this.dropWay();
    this.schedule();
  }

  private received(message: Message): void {
    this.failures = 0;
    this.heardAt = performance.now();
    this.following = true;
    this.more = message.header.more;
    this.status = message.header.done ? 'done' : 'live';
    this.take(message);
  }

  private failed(error: unknown): void {
    this.failures += 1;
    if (error instanceof Gone) this.dropWay();
    else if (performance.now() - this.heardAt > SILENCE_MS) this.tell('lost');
  }

  private dropWay(): void {
    this.way?.close();
    this.way = null;
    this.following = false;
  }

  /** Take the next way where there is none; who asks meanwhile waits for the same one. */
  private async openWay(): Promise<void> {
    if (this.way !== null) return;
    this.opening ??= this.nextWay().finally(() => (this.opening = null));
    this.way ??= await this.opening;
  }

  private async nextWay(): Promise<Transport | null> {
    while (this.next < this.ways.length) {
      const way = await this.ways[this.next++]!().catch(() => null);
      if (way === null) continue;
      way.pushed?.((message) => {
        this.received(message);
        this.schedule();
      });
      return way;
    }
    return null;
  }

  /** Ask again in a while; never again once the run is over, or where there is no way to it. */
  private schedule(): void {
    clearTimeout(this.timer);
    if (this.viewers.size === 0 || this.asking) return;
    if (this.data.done) this.tell('done');
    else if (this.way === null && this.next >= this.ways.length) this.tell('lost');
    else this.timer = setTimeout(() => void this.ask(), this.wait());
  }

  private wait(): number {
    if (this.way === null) return 0;
    if (this.failures > 0) return Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(this.failures, 6));
    if (this.more) return 0;
    if (this.way.pushed && this.data.cursor !== '') return this.way.restMs ?? PUSHED_MS;
    const seen = !document.hidden && [...this.viewers.values()].includes(true);
    return seen ? IN_VIEW_MS : OUT_OF_VIEW_MS;
  }
}
