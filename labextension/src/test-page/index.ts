import { renderImages, runBundle } from '../mime/run-bundle';
import type { Transport } from '../sources/feed';
import { Feed } from '../sources/feed';
import { mountComparison, mountSavedComparison } from '../view/comparison-view';
import { mountRun } from '../view/run-view';
import { comparisonFromSaved, fromSnapshot } from '../wire/decode';
import { ScriptedRun } from './scripted-run';
import type { Script } from './scripted-run';

/** The view on a plain page, for tests and development: no Jupyter, no kernel. */
const page = {
  /** Show a saved snapshot. */
  snapshot(host: HTMLElement, saved: unknown): Feed {
    const feed = new Feed([]);
    feed.offerSnapshot(fromSnapshot(saved));
    mountRun(host, feed);
    return feed;
  },
  /** Apply a newer snapshot. */
  offer(feed: Feed, saved: unknown): void {
    feed.offerSnapshot(fromSnapshot(saved));
  },
  /** Show a saved comparison. */
  comparison(host: HTMLElement, saved: unknown): void {
    mountSavedComparison(host, comparisonFromSaved(saved));
  },
  /** The MIME bundle for the notebook. */
  async bundle(feed: Feed): Promise<Record<string, unknown> | null> {
    return runBundle(feed.data, null, {}, await renderImages(feed.data));
  },
  /** Show several runs in the same charts. */
  compared(host: HTMLElement, scripts: Script[]): Feed[] {
    const feeds = scripts.map((script) => new Feed([async () => new ScriptedRun(script)]));
    mountComparison(host, feeds);
    return feeds;
  },
  /** Show a run that grows as its script defines. */
  scripted(host: HTMLElement, script: Script): Feed {
    const run: Transport = new ScriptedRun(script);
    const feed = new Feed([async () => run]);
    mountRun(host, feed);
    return feed;
  },
};

Object.assign(window, { wandbNb: page });
