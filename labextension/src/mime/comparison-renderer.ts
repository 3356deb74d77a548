import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { Feed, Viewer } from '../sources/feed';
import type { MountedComparison } from '../view/comparison-view';
import { mountComparison, mountSavedComparison } from '../view/comparison-view';
import { showFailure } from '../view/view-root';
import { comparisonFromSaved } from '../wire/decode';
import type { Access, Comparison } from '../wire/messages';
import { COMPARISON_MIME_TYPE } from '../wire/messages';
import { notebookRegistry } from './notebook-registry';
import { pageFeeds } from './page-feeds';

/** Draws several runs: a saved comparison, which needs neither kernel nor server, or the runs of one cell, live. */
export class ComparisonRenderer extends Widget implements IRenderMime.IRenderer, Viewer {
  private mounted: MountedComparison | null = null;
  private live: { access: Access; feed: Feed }[] = [];
  private savedRuns = 0;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    try {
      const comparison = comparisonFromSaved(model.data[COMPARISON_MIME_TYPE]);
      if (comparison.accesses) this.showLive(comparison, comparison.accesses);
      else this.showSaved(comparison);
    } catch (error) {
      this.unmount();
      showFailure(this.node, error);
    }
  }

  /** Save each new run in the notebook; otherwise a reloaded page would not have it. */
  changed(): void {
    if (this.savedRuns === this.live.length || !this.live.some(({ feed }) => feed.active)) return;
    this.savedRuns = this.live.length;
    void notebookRegistry.contextOf(this.node)?.saveOnce().catch(() => null); // Jupyter has reported the error
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.unmount();
    super.dispose();
  }

  private showSaved(comparison: Comparison): void {
    this.unmount();
    this.mounted = mountSavedComparison(this.node, comparison);
  }

  /** The runs that stay keep their feeds, so that nothing is drawn anew. Their labels are made of their present configs. */
  private showLive({ runs, hidden }: Comparison, accesses: Access[]): void {
    const previous = this.live;
    this.live = accesses.map((access) => ({ access, feed: pageFeeds.acquire(access, () => notebookRegistry.contextOf(this.node)) }));
    const feeds = this.live.map(({ feed }) => feed);
    feeds.forEach((feed, i) => feed.offerSnapshot(runs[i]!));
    if (this.mounted === null) this.mounted = mountComparison(this.node, feeds, { hidden });
    else this.mounted.show(feeds, { hidden });
    for (const feed of feeds) feed.join(this);
    this.release(previous);
  }

  private unmount(): void {
    this.mounted?.destroy();
    this.mounted = null;
    this.release(this.live.splice(0));
  }

  private release(entries: { access: Access; feed: Feed }[]): void {
    for (const { access, feed } of entries) {
      if (!this.live.some((one) => one.feed === feed)) feed.leave(this);
      pageFeeds.release(access);
    }
  }
}
