import { bundle, picture } from '../mime/bundle';
import type { Transport } from '../sources/feed';
import { Feed } from '../sources/feed';
import { mountComparison, mountSavedComparison } from '../view/compare';
import { mountView } from '../view/view';
import { comparisonFromSaved, fromSnapshot } from '../wire/decode';
import { ScriptedRun } from './scripted';
import type { Script } from './scripted';

/** The view on a plain page, for tests and for looking at it: no Jupyter, no kernel. */
const page = {
  /** Show a saved snapshot. */
  snapshot(host: HTMLElement, saved: unknown): Feed {
    const feed = new Feed([]);
    feed.offer(fromSnapshot(saved));
    mountView(host, feed);
    return feed;
  },
  /** Show a saved comparison. */
  comparison(host: HTMLElement, saved: unknown): void {
    mountSavedComparison(host, comparisonFromSaved(saved));
  },
  /** What a notebook would be given to save. */
  async bundle(feed: Feed): Promise<Record<string, unknown> | null> {
    return bundle(feed.data, null, {}, await picture(feed.data));
  },
  /** Show several runs over one another. */
  compared(host: HTMLElement, scripts: Script[]): Feed[] {
    const feeds = scripts.map((script) => new Feed([async () => new ScriptedRun(script)]));
    mountComparison(host, feeds);
    return feeds;
  },
  /** Show a run that grows as its script says. */
  scripted(host: HTMLElement, script: Script): Feed {
    const run: Transport = new ScriptedRun(script);
    const feed = new Feed([async () => run]);
    mountView(host, feed);
    return feed;
  },
};

Object.assign(window, { wandbNb: page });
