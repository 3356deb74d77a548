import { comparisonFromComm, fromComm } from '../wire/decode';
import type { Comparison, Message, Request } from '../wire/messages';
import type { Transport } from './feed';
import { Gone } from './feed';

/** A line to the kernel: an open comm, or an anywidget model. */
export interface Line {
  send(request: Request): void;
  /** Whether the kernel sends rows unasked. */
  pushes: boolean;
  close(): void;
}

const PATIENCE_MS = 3000;
const GHOSTS_PATIENCE_MS = 20_000;

/** The kernel tells its rows over a comm: for hosts without our server routes, and for remote kernels. */
export class CommTransport implements Transport {
  pushed?: (listener: (message: Message) => void) => void;
  private listener: ((message: Message) => void) | null = null;
  private closed = false;
  private asked: { resolve: (comparison: Comparison) => void; reject: (error: Error) => void } | null = null;
  private waiting: { resolve: (message: Message) => void; reject: (error: Error) => void } | null = null;

  constructor(private readonly line: Line) {
    if (line.pushes) this.pushed = (listener) => (this.listener = listener);
  }

  /** Rejects when there is no answer for 3 s; the caller then asks again. */
  pull(cursor: string): Promise<Message> {
    if (this.closed) return Promise.reject(new Gone('The kernel does not know this run.'));
    return new Promise<Message>((resolve, reject) => {
      const waiting = { resolve, reject };
      this.waiting = waiting;
      setTimeout(() => {
        if (this.waiting === waiting) this.waiting = null; // what comes later counts as pushed
        reject(new Error('The kernel does not answer.'));
      }, PATIENCE_MS);
      this.line.send({ type: 'pull', cursor });
    });
  }

  async stop(force: boolean): Promise<void> {
    this.line.send({ type: 'stop', force });
  }

  /** Rejects when there is no answer: making it takes a kernel longer than a message. */
  ghosts(): Promise<Comparison> {
    return new Promise<Comparison>((resolve, reject) => {
      this.asked = { resolve, reject };
      setTimeout(() => reject(new Error('The kernel does not answer.')), GHOSTS_PATIENCE_MS);
      this.line.send({ type: 'ghosts' });
    });
  }

  /** Take what came over the line; anything that is not a message of ours is passed over. */
  receive(content: unknown, buffers: readonly (ArrayBuffer | ArrayBufferView)[] = []): void {
    const { type, header } = (content ?? {}) as { type?: unknown; header?: unknown };
    if (type === 'ghosts') this.answered(header, buffers[0]);
    if (type !== 'message') return;
    const { waiting } = this;
    this.waiting = null;
    try {
      const message = fromComm(header, buffers[0]);
      if (waiting) waiting.resolve(message);
      else this.listener?.(message);
    } catch (error) {
      waiting?.reject(error as Error);
    }
  }

  private answered(header: unknown, buffer: ArrayBuffer | ArrayBufferView | undefined): void {
    try {
      this.asked?.resolve(comparisonFromComm(header, buffer));
    } catch (error) {
      this.asked?.reject(error as Error);
    }
  }

  /** The other side hung up. */
  hungUp(): void {
    this.closed = true;
    this.waiting?.reject(new Gone('The kernel does not know this run.'));
  }

  close(): void {
    this.line.close();
  }
}
