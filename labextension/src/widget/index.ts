import { CommTransport } from '../sources/comm-transport';
import { Feed } from '../sources/feed';
import { mountRun } from '../view/run-view';
import type { Request } from '../wire/messages';

/** The part of an anywidget model that is used here. */
interface Model {
  send(content: Request): void;
  on(event: 'msg:custom', listener: (content: unknown, buffers: DataView[]) => void): void;
  off(event: 'msg:custom', listener: (content: unknown, buffers: DataView[]) => void): void;
}

/** One per widget; its views share the feed. `initialize` and `render` get different proxies of one model. */
export default () => {
  let feed: Feed | null = null;
  return {
    initialize({ model }: { model: Model }): () => void {
      const transport = new CommTransport({ pushes: true, send: (request) => model.send(request), close: () => undefined });
      const listener = (content: unknown, buffers: DataView[]): void => transport.receive(content, buffers);
      model.on('msg:custom', listener);
      feed = new Feed([async () => transport]);
      return () => model.off('msg:custom', listener);
    },
    render({ el }: { el: HTMLElement }): (() => void) | undefined {
      if (feed === null) return undefined;
      const view = mountRun(el, feed);
      return () => view.destroy();
    },
  };
};
