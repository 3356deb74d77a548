import type { Transport } from '../sources/feed';
import { UnavailableError } from '../sources/feed';
import { fromHttp } from '../wire/decode';
import type { Message, RangeRequest } from '../wire/messages';
import type { ChangeEvents } from './change-events';

const [ARTIFACTS, ARTIFACTS_URL] = ['artifacts/', '/artifact-files/'];

/** The rows of a run from our server at `url`, requested when an event reports a change; the browser sends its login. */
export class ServerTransport implements Transport {
  readonly maxSilenceMs = 120_000;
  private cursor = '';
  private pulling = false;
  private pullAgain = false;
  private stopListening = (): void => undefined;

  /**
   * `run` is the id of the run in events; empty if all events concern this run. `rangeUrl` is null if there are no
   * ranges, `filesUrl` is the folder of the run's files, null if none are shown.
   */
  constructor(
    private readonly url: string, private readonly rangeUrl: string | null, private readonly run: string, private readonly events: ChangeEvents,
    private readonly filesUrl: string | null = null,
  ) {}

  async pull(cursor: string): Promise<Message> {
    const separator = this.url.includes('?') ? '&' : '?';
    const message = await request(`${this.url}${separator}cursor=${encodeURIComponent(cursor)}`);
    this.cursor = message.header.cursor;
    return message;
  }

  async range(wanted: RangeRequest): Promise<Message> {
    if (this.rangeUrl === null) throw new UnavailableError('These samples are complete.');
    return request(`${this.rangeUrl}?request=${encodeURIComponent(JSON.stringify(wanted))}`);
  }

  async file(path: string): Promise<ArrayBuffer> {
    if (this.filesUrl === null) throw new Error('The files of this run are not shown here.');
    const folder = path.startsWith(ARTIFACTS) ? ARTIFACTS_URL : `${this.filesUrl}/`;
    const response = await fetch(folder + path.replace(ARTIFACTS, '').split('/').map(encodeURIComponent).join('/'));
    if (!response.ok) throw new Error(`The server responded with status ${response.status}.`);
    return response.arrayBuffer();
  }

  onPush(listener: (message: Message) => void): void {
    this.stopListening = this.events.listen((changed) => {
      if (changed.length === 0 || this.run === '' || changed.includes(this.run)) void this.pullNew(listener);
    });
  }

  async stop(): Promise<void> {
    throw new Error('Stop a run on its own page.');
  }

  close(): void {
    this.stopListening();
  }

  /** Pull new rows, one request at a time; changes during a request lead to another one. */
  private async pullNew(listener: (message: Message) => void): Promise<void> {
    this.pullAgain = this.pulling;
    if (this.pulling) return;
    this.pulling = true;
    try {
      do {
        this.pullAgain = false;
        listener(await this.pull(this.cursor));
      } while (this.pullAgain);
    } catch {
      // `events` watches the connection and reports when it is back.
    } finally {
      this.pulling = false;
    }
  }
}

async function request(url: string): Promise<Message> {
  const response = await fetch(url);
  if (response.status === 403 || response.status === 404) throw new UnavailableError(`The server does not provide this run (status ${response.status}).`);
  if (!response.ok) throw new Error(`The server responded with status ${response.status}.`);
  return fromHttp(await response.arrayBuffer());
}
