import { Feed } from '../sources/feed';
import type { Transport, Viewer } from '../sources/feed';
import { HttpTransport } from '../sources/http-transport';
import type { Access } from '../wire/messages';
import type { NotebookContext } from './notebook-registry';

const LINGER_MS = 3000;

interface SharedFeed extends Viewer {
  feed: Feed;
  users: number;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * The feeds of this page, shared by all outputs of a run. A feed outlives its last output a little: an output that a
 * cell clears and displays again is then drawn immediately.
 */
export class PageFeeds {
  private readonly shared = new Map<string, SharedFeed>();

  /** The feed of a run, until `release` is called as often; `notebook` finds the notebook whose kernel may know the run. */
  acquire(access: Access, notebook: () => NotebookContext | null): Feed {
    const key = keyOf(access);
    let one = this.shared.get(key);
    if (one === undefined) {
      const http = async (): Promise<Transport> => new HttpTransport(access);
      const comm = async (): Promise<Transport | null> => (await notebook()?.comm(access)) ?? null;
      one = { feed: new Feed([http, comm]), users: 0, changed: () => undefined };
      this.shared.set(key, one);
    }
    clearTimeout(one.timer);
    one.users += 1;
    return one.feed;
  }

  release(access: Access): void {
    const key = keyOf(access);
    const one = this.shared.get(key);
    if (one === undefined || --one.users > 0) return;
    one.feed.join(one);
    one.timer = setTimeout(() => {
      one.feed.leave(one);
      if (one.users === 0) this.shared.delete(key);
    }, LINGER_MS);
  }
}

function keyOf(access: Access): string {
  return `${access.id} ${access.token}`;
}

export const pageFeeds = new PageFeeds();
