import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { Feed } from '../sources/feed';
import type { Transport, Viewer } from '../sources/feed';
import { HttpTransport } from '../sources/http-transport';
import type { MountedView } from '../view/run-view';
import { mountRun } from '../view/run-view';
import { showFailure } from '../view/view-root';
import { accessOf, fromSnapshot } from '../wire/decode';
import type { Access } from '../wire/messages';
import { MIME_TYPE } from '../wire/messages';
import type { ChartImages } from './run-bundle';
import { renderImages, runBundle } from './run-bundle';
import type { NotebookContext, RunOutput } from './notebook-registry';
import { notebookRegistry } from './notebook-registry';

const WRITE_INTERVAL_MS = 30_000;

/** The feeds of this page, shared by all views of a run. */
const feeds = new Map<string, Feed>();

/** Draws the run of an output live, and keeps the saved snapshot of the output current. */
export class RunRenderer extends Widget implements IRenderMime.IRenderer, RunOutput, Viewer {
  private model: IRenderMime.IMimeModel | null = null;
  private access: Access | null = null;
  private feed: Feed | null = null;
  private key = '';
  private mounted: MountedView | null = null;
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
    if (!done && Date.now() - this.lastWrite < WRITE_INTERVAL_MS) return;
    if (this.feed === null || this.writtenVersion === this.feed.data.version || this.findNotebook() === null) return;
    this.lastWrite = Date.now();
    void renderImages(this.feed.data)
      .then((images) => (this.images = images), () => null)
      .then(() => this.writeBack());
  }

  override dispose(): void {
    if (this.isDisposed) return;
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
      this.feed = this.feedFor(key, access);
      this.feed.offerSnapshot(message);
      this.writtenVersion = this.feed.data.version;
      this.mounted = mountRun(this.node, this.feed);
      this.feed.join(this);
      notebookRegistry.outputs.add(this);
    } else {
      this.feed.offerSnapshot(message);
    }
  }

  private feedFor(key: string, access: Access | null): Feed {
    if (access === null || access.token === '') return new Feed([]);
    const http = async (): Promise<Transport> => new HttpTransport(access);
    const comm = async (): Promise<Transport | null> => (await this.findNotebook()?.comm(access)) ?? null;
    const feed = feeds.get(key) ?? new Feed([http, comm]);
    feeds.set(key, feed);
    return feed;
  }

  /** The notebook of this output; remembered, since a cell scrolled far away is not in the page. */
  private findNotebook(): NotebookContext | null {
    this.notebook = notebookRegistry.contextOf(this.node) ?? this.notebook;
    return this.notebook;
  }

  private write(): void {
    const { feed, model } = this;
    if (feed === null || model === null || this.findNotebook()?.mayWrite() !== true) return;
    if (feed.data.version === this.writtenVersion || feed.status === 'saved') return;
    const current = fromSnapshot(model.data[MIME_TYPE]);
    if (current.header.run.id !== feed.data.run?.id || !isAhead(feed, current.header.run.rows, current.header.done)) return;
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
    this.mounted?.destroy();
    this.mounted = null;
    this.feed?.leave(this);
    if (this.feed?.idle) feeds.delete(this.key);
    this.feed = null;
  }
}

/** Whether the feed is ahead of a snapshot with `rows` rows. */
function isAhead(feed: Feed, rows: number, done: boolean): boolean {
  const { data } = feed;
  return (data.run?.rows ?? 0) > rows || ((data.run?.rows ?? 0) === rows && data.done && !done);
}
