import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { Feed } from '../sources/feed';
import type { Transport, Viewer } from '../sources/feed';
import { HttpTransport } from '../sources/http';
import type { Mounted } from '../view/view';
import { mountView, showFailure } from '../view/view';
import { accessOf, fromSnapshot } from '../wire/decode';
import type { Access } from '../wire/messages';
import { MIME_TYPE } from '../wire/messages';
import type { Picture } from './bundle';
import { bundle, picture } from './bundle';
import type { Home, Output } from './notebooks';
import { notebooks } from './notebooks';

const WRITE_EVERY_MS = 30_000;

/** One source for all views of a run on this page. */
const feeds = new Map<string, Feed>();

/** Draws the run of an output, keeps it live, and keeps the output's saved snapshot current. */
export class RunRenderer extends Widget implements IRenderMime.IRenderer, Output, Viewer {
  private model: IRenderMime.IMimeModel | null = null;
  private access: Access | null = null;
  private feed: Feed | null = null;
  private key = '';
  private mounted: Mounted | null = null;
  private home: Home | null = null;
  private writing = false;
  private written = 0;
  private lastWrite = Date.now();
  private kept = false;
  private picture: Picture | null = null;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.writing) return; // our own write comes back here
    this.model = model;
    try {
      this.take(model.data[MIME_TYPE]);
    } catch (error) {
      this.unmount();
      showFailure(this.node, error);
    }
  }

  /** Never throws; does nothing where the notebook already holds as much. */
  writeBack(): void {
    try {
      this.write();
    } catch {
      this.writing = false; // the notebook keeps the snapshot that it has
    }
  }

  /** The feed has news: time to write now and then, and at the end. */
  changed(): void {
    const done = this.feed?.data.done ?? false;
    this.keep();
    if (!done && Date.now() - this.lastWrite < WRITE_EVERY_MS) return;
    if (this.feed === null || this.written === this.feed.data.version || this.atHome() === null) return;
    this.lastWrite = Date.now();
    void picture(this.feed.data)
      .then((made) => (this.picture = made), () => null)
      .then(() => this.writeBack());
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.unmount();
    super.dispose();
  }

  private take(saved: unknown): void {
    const message = fromSnapshot(saved);
    const access = accessOf(saved);
    const key = access ? `${access.id} ${access.token}` : '';
    if (this.feed === null || key !== this.key || message.header.run.id !== this.feed.data.run?.id) {
      this.unmount();
      this.key = key;
      this.access = access;
      this.feed = this.feedFor(key, access);
      this.feed.offer(message);
      this.written = this.feed.data.version;
      this.mounted = mountView(this.node, this.feed);
      this.feed.join(this);
      notebooks.outputs.add(this);
    } else {
      this.feed.offer(message);
    }
  }

  private feedFor(key: string, access: Access | null): Feed {
    if (access === null || access.token === '') return new Feed([]);
    const http = async (): Promise<Transport> => new HttpTransport(access);
    const comm = async (): Promise<Transport | null> => (await this.atHome()?.comm(access)) ?? null;
    const feed = feeds.get(key) ?? new Feed([http, comm]);
    feeds.set(key, feed);
    return feed;
  }

  /** The notebook around; remembered, since a cell scrolled far away is not in the page. */
  private atHome(): Home | null {
    this.home = notebooks.homeOf(this.node) ?? this.home;
    return this.home;
  }

  private write(): void {
    const { feed, model } = this;
    if (feed === null || model === null || this.atHome()?.mayWrite() !== true) return;
    if (feed.data.version === this.written || feed.status === 'saved') return;
    const held = fromSnapshot(model.data[MIME_TYPE]);
    if (held.header.run.id !== feed.data.run?.id || !isAhead(feed, held.header.run.rows, held.header.done)) return;
    const made = bundle(feed.data, this.access, model.data, this.picture);
    if (made === null) return;
    this.written = feed.data.version;
    this.writing = true;
    model.setData({ data: made as IRenderMime.IMimeModel['data'] });
    this.writing = false;
  }

  private keep(): void {
    if (this.kept || this.feed?.canStop !== true || this.feed.data.series.size === 0) return;
    this.kept = true;
    void this.atHome()?.keep().catch(() => null); // Jupyter has told why it could not save
  }

  private unmount(): void {
    notebooks.outputs.delete(this);
    this.mounted?.destroy();
    this.mounted = null;
    this.feed?.leave(this);
    if (this.feed?.idle) feeds.delete(this.key);
    this.feed = null;
  }
}

/** Whether the feed knows more than a snapshot of so many rows. */
function isAhead(feed: Feed, rows: number, done: boolean): boolean {
  const { data } = feed;
  return (data.run?.rows ?? 0) > rows || ((data.run?.rows ?? 0) === rows && data.done && !done);
}
