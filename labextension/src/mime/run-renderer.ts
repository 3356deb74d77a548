import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { Feed } from '../sources/feed';
import type { Viewer } from '../sources/feed';
import type { MountedView } from '../view/run-view';
import { mountRun } from '../view/run-view';
import { showFailure } from '../view/view-root';
import { accessOf, fromSnapshot } from '../wire/decode';
import type { Access } from '../wire/messages';
import { MIME_TYPE } from '../wire/messages';
import type { ChartImages } from './run-bundle';
import { renderImages, runBundle } from './run-bundle';
import type { NotebookContext, RunOutput } from './notebook-registry';
import { holdHeight, watchHeight } from './hold-height';
import { notebookRegistry } from './notebook-registry';
import { pageFeeds } from './page-feeds';
import type { ParkedView } from './parked-views';
import { ParkedViews } from './parked-views';

const parkedViews = new ParkedViews<MountedView>();

const WRITE_INTERVAL_MS = 30_000;
/** An output without a picture was opened from a link; the kernel would have sent a picture by now. */
const FIRST_WRITE_MS = 2000;

/** Draws the run of an output live, and keeps the saved snapshot of the output current. */
export class RunRenderer extends Widget implements IRenderMime.IRenderer, RunOutput, Viewer {
  private model: IRenderMime.IMimeModel | null = null;
  private access: Access | null = null;
  private feed: Feed | null = null;
  private key = '';
  private view: ParkedView<MountedView> | null = null;
  private notebook: NotebookContext | null = null;
  private writing = false;
  private writtenVersion = 0;
  private lastWrite = Date.now();
  private saved = false;
  private images: ChartImages | null = null;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.writing) return; // the event of our own write
    this.model = model;
    try {
      this.load(model.data[MIME_TYPE]);
    } catch (error) {
      this.unmount();
      showFailure(this.node, error);
    }
  }

  /** Never throws; does nothing if the notebook is already current. */
  writeBack(): void {
    try {
      this.write();
    } catch {
      this.writing = false; // the notebook keeps its current snapshot
    }
  }

  /** Write the snapshot back from time to time, and when the run ends. */
  changed(): void {
    const done = this.feed?.data.done ?? false;
    this.saveOnce();
    const interval = this.lacksPicture ? FIRST_WRITE_MS : done ? 0 : WRITE_INTERVAL_MS;
    if (Date.now() - this.lastWrite < interval) return;
    if (this.feed === null || this.findNotebook() === null) return;
    if (this.writtenVersion === this.feed.data.version && !this.lacksPicture) return;
    this.lastWrite = Date.now();
    void renderImages(this.feed.data)
      .then((images) => (this.images = images), () => null)
      .then(() => this.writeBack());
  }

  protected override onAfterAttach(): void {
    watchHeight(this.node);
  }

  protected override onBeforeDetach(): void {
    if (this.feed?.active) holdHeight(this.node);
  }

  override dispose(): void {
    if (this.isDisposed) return;
    if (this.view !== null && this.feed?.active) parkedViews.park(this.key, this.view);
    else this.view?.mounted.destroy();
    this.view = null;
    this.unmount();
    super.dispose();
  }

  private load(saved: unknown): void {
    const message = fromSnapshot(saved);
    const access = accessOf(saved);
    const key = access ? `${access.id} ${access.token}` : '';
    if (this.feed === null || key !== this.key || message.header.run.id !== this.feed.data.run?.id) {
      this.unmount();
      this.key = key;
      this.access = access;
      this.feed = this.feedFor(access);
      this.feed.offerSnapshot(message);
      const { rows } = message.header.run;
      this.writtenVersion = isAhead(this.feed, rows, message.header.done) ? -1 : this.feed.data.version;
      if (this.lacksPicture) setTimeout(() => this.changed(), FIRST_WRITE_MS);
      this.view = parkedViews.take(key) ?? mountView(this.feed);
      this.node.replaceChildren(this.view.host);
      this.feed.join(this);
      notebookRegistry.outputs.add(this);
    } else {
      this.feed.offerSnapshot(message);
    }
  }

  private get lacksPicture(): boolean {
    return this.images === null && this.model?.data['image/png'] === undefined;
  }

  private feedFor(access: Access | null): Feed {
    return access?.token ? pageFeeds.acquire(access, () => this.findNotebook()) : new Feed([]);
  }

  /** The notebook of this output; remembered, since a cell scrolled far away is not in the page. */
  private findNotebook(): NotebookContext | null {
    this.notebook = notebookRegistry.contextOf(this.node) ?? this.notebook;
    return this.notebook;
  }

  private write(): void {
    const { feed, model } = this;
    if (feed === null || model === null || this.findNotebook()?.mayWrite() !== true) return;
    if (feed.status === 'saved') return;
    const { run, done } = fromSnapshot(model.data[MIME_TYPE]).header;
    const isNew = feed.data.version !== this.writtenVersion && isAhead(feed, run.rows, done);
    const addsPicture = this.images !== null && model.data['image/png'] === undefined;
    if (run.id !== feed.data.run?.id || !(isNew || addsPicture)) return;
    const bundle = runBundle(feed.data, this.access, model.data, this.images);
    if (bundle === null) return;
    this.writtenVersion = feed.data.version;
    this.writing = true;
    model.setData({ data: bundle as IRenderMime.IMimeModel['data'] });
    this.writing = false;
  }

  private saveOnce(): void {
    if (this.saved || this.feed?.active !== true || this.feed.data.series.size === 0) return;
    this.saved = true;
    void this.findNotebook()?.saveOnce().catch(() => null); // Jupyter has reported the error
  }

  private unmount(): void {
    notebookRegistry.outputs.delete(this);
    this.view?.mounted.destroy();
    this.view = null;
    if (this.feed === null) return;
    this.feed.leave(this);
    if (this.access?.token) pageFeeds.release(this.access);
    this.feed = null;
  }
}

function mountView(feed: Feed): ParkedView<MountedView> {
  const host = document.createElement('div');
  return { host, mounted: mountRun(host, feed) };
}

/** Whether the feed is ahead of a snapshot with `rows` rows. */
function isAhead(feed: Feed, rows: number, done: boolean): boolean {
  const { data } = feed;
  return (data.run?.rows ?? 0) > rows || ((data.run?.rows ?? 0) === rows && data.done && !done);
}
