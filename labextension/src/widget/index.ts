import { CommTransport } from '../sources/comm-transport';
import { Feed } from '../sources/feed';
import type { MetricSelection } from '../model/selected-charts';
import { mountRun } from '../view/run-view';
import type { Request } from '../wire/messages';

/** The part of an anywidget model that is used here. */
interface Model {
  get(trait: 'selected'): unknown;
  set(trait: 'selected', value: string[]): void;
  save_changes(): void;
  send(content: Request): void;
  on(event: 'msg:custom', listener: (content: unknown, buffers: DataView[]) => void): void;
  on(event: 'change:selected', listener: () => void): void;
  off(event: 'msg:custom', listener: (content: unknown, buffers: DataView[]) => void): void;
  off(event: 'change:selected', listener: () => void): void;
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
    render({ model, el }: { model: Model; el: HTMLElement }): (() => void) | undefined {
      if (feed === null) return undefined;
      const view = mountRun(el, feed, () => [], selectionOf(model));
      return () => view.destroy();
    },
  };
};

/** The trait `selected`; null for the panel's widget, which has none. */
function selectionOf(model: Model): MetricSelection | null {
  if (!Array.isArray(model.get('selected'))) return null;
  return {
    get keys() {
      return model.get('selected') as string[];
    },
    change(keys) {
      model.set('selected', keys);
      model.save_changes();
    },
    listen(listener) {
      model.on('change:selected', listener);
      return () => model.off('change:selected', listener);
    },
  };
}
