import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { Feed, Viewer } from '../sources/feed';
import type { MountedComparison } from '../view/comparison-view';
import { mountComparison, mountSavedComparison } from '../view/comparison-view';
import { showFailure } from '../view/view-root';
import { comparisonFromSaved } from '../wire/decode';
import type { Access, Comparison } from '../wire/messages';
import { COMPARISON_MIME_TYPE } from '../wire/messages';
import { holdHeight, watchHeight } from './hold-height';
import { notebookRegistry } from './notebook-registry';
import { pageFeeds } from './page-feeds';
import type { ParkedView } from './parked-views';
import { ParkedViews } from './parked-views';

const parkedViews = new ParkedViews<MountedComparison>();

/** Draws several runs: a saved comparison, which needs neither kernel nor server, or the runs of one cell, live. */
export class ComparisonRenderer extends Widget implements IRenderMime.IRenderer, Viewer {
  private view: ParkedView<MountedComparison> | null = null;
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
    if (this.savedRuns === this.live.length || !this.isActive) return;
    this.savedRuns = this.live.length;
    void notebookRegistry.contextOf(this.node)?.saveOnce().catch(() => null); // Jupyter has reported the error
  }

  protected override onAfterAttach(): void {
    watchHeight(this.node);
  }

  protected override onBeforeDetach(): void {
    if (this.isActive) holdHeight(this.node);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    if (this.view !== null && this.isActive) parkedViews.park(this.key, this.view);
    else this.view?.mounted.destroy();
    this.view = null;
    this.unmount();
    super.dispose();
  }

  private get isActive(): boolean {
    return this.live.some(({ feed }) => feed.active);
  }

  /** A cell has one output of several runs, which are only added. */
  private get key(): string {
    return this.live[0]?.access.id ?? '';
  }

  private showSaved(comparison: Comparison): void {
    this.unmount();
    this.view = this.mount((host) => mountSavedComparison(host, comparison));
  }

  private mount(create: (host: HTMLElement) => MountedComparison): ParkedView<MountedComparison> {
    const host = document.createElement('div');
    this.node.replaceChildren(host);
    return { host, mounted: create(host) };
  }

  /** The runs that stay keep their feeds, so that nothing is drawn anew. Their labels are made of their present configs. */
  private showLive({ runs, hidden }: Comparison, accesses: Access[]): void {
    const previous = this.live;
    this.live = accesses.map((access) => ({ access, feed: pageFeeds.acquire(access, () => notebookRegistry.contextOf(this.node)) }));
    const feeds = this.live.map(({ feed }) => feed);
    feeds.forEach((feed, i) => feed.offerSnapshot(runs[i]!));
    const details = { hidden, shortLabels: true };
    this.view ??= parkedViews.take(this.key);
    this.view?.mounted.show(feeds, details);
    this.view ??= this.mount((host) => mountComparison(host, feeds, details));
    if (!this.node.contains(this.view.host)) this.node.replaceChildren(this.view.host);
    for (const feed of feeds) feed.join(this);
    this.release(previous);
  }

  private unmount(): void {
    this.view?.mounted.destroy();
    this.view = null;
    this.release(this.live.splice(0));
  }

  private release(entries: { access: Access; feed: Feed }[]): void {
    for (const { access, feed } of entries) {
      if (!this.live.some((one) => one.feed === feed)) feed.leave(this);
      pageFeeds.release(access);
    }
  }
}
