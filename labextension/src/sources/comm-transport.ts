import { comparisonFromComm, fromComm } from '../wire/decode';
import type { Comparison, Message, RangeRequest, Request } from '../wire/messages';
import type { Transport } from './feed';
import { UnavailableError } from './feed';

/** A channel to the kernel: an open comm, or an anywidget model. */
export interface KernelChannel {
  send(request: Request): void;
  /** Whether the kernel pushes rows. */
  pushes: boolean;
  close(): void;
}

const PULL_TIMEOUT_MS = 3000;
const SLOW_TIMEOUT_MS = 20_000;

interface Pending<T> {
  resolve: (value: T) => void;
  reject: (error: Error) => void;
}

/** Rows from the kernel over a comm, for hosts without our server extension and for remote kernels. */
export class CommTransport implements Transport {
  onPush?: (listener: (message: Message) => void) => void;
  private listener: ((message: Message) => void) | null = null;
  private closed = false;
  private pendingRuns: Pending<Comparison> | null = null;
  private pendingPull: Pending<Message> | null = null;
  private readonly pendingRanges = new Map<number, Pending<Message>>();
  private readonly pendingFiles = new Map<number, Pending<ArrayBuffer>>();
  private requestNumber = 0;

  constructor(private readonly channel: KernelChannel) {
    if (channel.pushes) this.onPush = (listener) => (this.listener = listener);
  }

  /** Rejects if there is no answer within 3 s; the caller may then ask again. */
  pull(cursor: string): Promise<Message> {
    if (this.closed) return Promise.reject(new UnavailableError('The kernel does not know this run.'));
    return new Promise<Message>((resolve, reject) => {
      const pending = { resolve, reject };
      this.pendingPull = pending;
      setTimeout(() => {
        if (this.pendingPull === pending) this.pendingPull = null; // a late answer counts as pushed
        reject(new Error('The kernel does not answer.'));
      }, PULL_TIMEOUT_MS);
      this.channel.send({ type: 'pull', cursor });
    });
  }

  async stop(force: boolean): Promise<void> {
    this.channel.send({ type: 'stop', force });
  }

  /** Rejects if there is no answer; a kernel needs longer for this than for a message. */
  earlierRuns(): Promise<Comparison> {
    return new Promise<Comparison>((resolve, reject) => {
      this.pendingRuns = { resolve, reject };
      setTimeout(() => reject(new Error('The kernel does not answer.')), SLOW_TIMEOUT_MS);
      this.channel.send({ type: 'ghosts' });
    });
  }

  /** Rejects if there is no answer: a kernel without subshells answers after its cell. */
  range(range: RangeRequest): Promise<Message> {
    return this.ask(this.pendingRanges, (number) => ({ type: 'range', number, range }));
  }

  /** Rejects if there is no answer, or if the kernel does not know the file. */
  file(path: string): Promise<ArrayBuffer> {
    return this.ask(this.pendingFiles, (number) => ({ type: 'file', number, path }));
  }

  /** Handle a message of the channel; all but our own messages are ignored. */
  receive(content: unknown, buffers: readonly (ArrayBuffer | ArrayBufferView)[] = []): void {
    const { type, header, number, found } = (content ?? {}) as { type?: unknown; header?: unknown; number?: unknown; found?: unknown };
    if (type === 'ghosts') this.receiveRuns(header, buffers[0]);
    if (type === 'range') this.receiveRange(number, header, buffers[0]);
    if (type === 'file') this.receiveFile(number, found, buffers[0]);
    if (type === 'message') this.receiveMessage(header, buffers[0]);
  }

  /** The kernel closed the channel. */
  disconnect(): void {
    this.closed = true;
    this.pendingPull?.reject(new UnavailableError('The kernel does not know this run.'));
  }

  close(): void {
    this.channel.close();
  }

  /** Send a request with a number of its own; the answer to it is `pending` until then. */
  private ask<Answer>(pending: Map<number, Pending<Answer>>, request: (number: number) => Request): Promise<Answer> {
    const number = ++this.requestNumber;
    return new Promise<Answer>((resolve, reject) => {
      pending.set(number, { resolve, reject });
      setTimeout(() => {
        pending.delete(number);
        reject(new Error('The kernel does not answer.'));
      }, SLOW_TIMEOUT_MS);
      this.channel.send(request(number));
    });
  }

  private receiveMessage(header: unknown, buffer: ArrayBuffer | ArrayBufferView | undefined): void {
    const pending = this.pendingPull;
    this.pendingPull = null;
    try {
      const message = fromComm(header, buffer);
      if (pending) pending.resolve(message);
      else this.listener?.(message);
    } catch (error) {
      pending?.reject(error as Error);
    }
  }

  private receiveRange(number: unknown, header: unknown, buffer: ArrayBuffer | ArrayBufferView | undefined): void {
    const pending = this.pendingRanges.get(Number(number));
    this.pendingRanges.delete(Number(number));
    try {
      pending?.resolve(fromComm(header, buffer));
    } catch (error) {
      pending?.reject(error as Error);
    }
  }

  private receiveFile(number: unknown, found: unknown, buffer: ArrayBuffer | ArrayBufferView | undefined): void {
    const pending = this.pendingFiles.get(Number(number));
    this.pendingFiles.delete(Number(number));
    if (found === true && buffer !== undefined) pending?.resolve(copyOf(buffer));
    else pending?.reject(new Error('The kernel does not have this file.'));
  }

  private receiveRuns(header: unknown, buffer: ArrayBuffer | ArrayBufferView | undefined): void {
    try {
      this.pendingRuns?.resolve(comparisonFromComm(header, buffer));
    } catch (error) {
      this.pendingRuns?.reject(error as Error);
    }
  }
}

/** The bytes of a buffer alone: a view may be a part of a longer message. */
function copyOf(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  const bytes = ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);
  return bytes.slice().buffer as ArrayBuffer;
}
