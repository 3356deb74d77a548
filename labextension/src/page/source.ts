import type { Transport } from '../sources/feed';
import { Gone } from '../sources/feed';
import { fromHttp } from '../wire/decode';
import type { Message } from '../wire/messages';
import type { Events } from './events';

/** The embedded server tells of a run at `address`, when `events` say so; the browser's login goes along by itself. */
export class ServerSource implements Transport {
  readonly restMs = 120_000;
  private cursor = '';
  private asking = false;
  private again = false;
  private forget = (): void => undefined;

  /** `run` is the id that events name; empty where they are about this run alone. */
  constructor(private readonly address: string, private readonly run: string, private readonly events: Events) {}

  async pull(cursor: string): Promise<Message> {
    const mark = this.address.includes('?') ? '&' : '?';
    const response = await fetch(`${this.address}${mark}cursor=${encodeURIComponent(cursor)}`);
    if (response.status === 403 || response.status === 404) throw new Gone(`The server does not show this run (${response.status}).`);
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    const message = fromHttp(await response.arrayBuffer());
    this.cursor = message.header.cursor;
    return message;
  }

  pushed(listener: (message: Message) => void): void {
    this.forget = this.events.listen((changed) => {
      if (changed.length === 0 || this.run === '' || changed.includes(this.run)) void this.follow(listener);
    });
  }

  async stop(): Promise<void> {
    throw new Error('A run is stopped by its page.');
  }

  close(): void {
    this.forget();
  }

  /** Ask for what is new, once at a time; what changes meanwhile is asked for afterwards. */
  private async follow(listener: (message: Message) => void): Promise<void> {
    this.again = this.asking;
    if (this.asking) return;
    this.asking = true;
    try {
      do {
        this.again = false;
        listener(await this.pull(this.cursor));
      } while (this.again);
    } catch {
      // The connection that told of the change is watched by `events`, and says so when it is back.
    } finally {
      this.asking = false;
    }
  }
}
