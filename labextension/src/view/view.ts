import type { Theme } from '../chart/palette';
import { Overlay } from '../model/overlay';
import type { Feed, Viewer } from '../sources/feed';
import { Charts } from './charts';
import { h, setText } from './dom';
import { Facts } from './facts';
import { Ghosts } from './ghosts';
import { Header } from './header';
import { showFailure, Stage } from './stage';
import type { Tab } from './tabs';
import { Tabs } from './tabs';

export { showFailure } from './stage';

/** A mounted view. */
export interface Mounted {
  destroy(): void;
}

/** Makes tabs beside those of every view; `changed` has the view drawn. */
export type MoreTabs = (changed: () => void) => Tab[];

/**
 * Draw a run into `host` and keep it current from `feed`, until destroyed, with `more` tabs behind charts, config and
 * summary. What fails here is told in the view alone.
 */
export function mountView(host: HTMLElement, feed: Feed, more: MoreTabs = () => []): Mounted {
  try {
    return new RunView(host, feed, more);
  } catch (error) {
    showFailure(host, error);
    return { destroy: () => host.replaceChildren() };
  }
}

class RunView implements Viewer, Mounted {
  private readonly stage: Stage;
  private readonly header: Header;
  private readonly overlay: Overlay;
  private readonly charts: Charts;
  private readonly ghosts: Ghosts;
  private readonly config = new Facts('config');
  private readonly summary = new Facts('summary');
  private readonly more: Tab[];
  private readonly tabs: Tabs;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-notice', role: 'status', hidden: true });
  private readonly clock: ReturnType<typeof setInterval>;

  constructor(host: HTMLElement, private readonly feed: Feed, more: MoreTabs) {
    this.overlay = Overlay.of(feed.data);
    this.header = new Header(feed);
    this.charts = new Charts(this.overlay, () => this.changed());
    this.ghosts = new Ghosts(feed, this.overlay, () => this.changed());
    this.charts.toolbar.add(this.ghosts.button);
    const panel = (...children: HTMLElement[]): HTMLElement => h('div', { class: 'wnb-panel' }, ...children);
    const panels = [panel(this.ghosts.note, this.charts.grid.element), panel(this.config.element), panel(this.summary.element)] as const;
    this.more = more(() => this.changed());
    const tabs: Tab[] = [
      { name: 'Charts', panel: panels[0] },
      { name: 'Config', panel: panels[1], update: () => this.config.update(feed.data.config) },
      { name: 'Summary', panel: panels[2], update: () => this.summary.update(feed.data.summary) },
      ...this.more,
    ];
    this.tabs = new Tabs(tabs, () => this.changed());
    this.body = h('div', { class: 'wnb-body', hidden: true }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.charts.toolbar.element),
      ...tabs.map((tab) => tab.panel));
    this.stage = new Stage(host, [this.header.element, this.notice, this.body], (theme) => this.update(theme), () => this.leave());
    this.charts.listen(this.stage.root, { g: () => void this.ghosts.toggle() });
    this.stage.watchSight((inSight) => feed.look(this, inSight));
    this.clock = setInterval(() => this.header.tick(), 1000);
    feed.join(this);
    this.changed();
  }

  changed(): void {
    this.stage.changed();
  }

  destroy(): void {
    this.stage.destroy();
  }

  private leave(): void {
    this.feed.leave(this);
    clearInterval(this.clock);
    this.header.destroy();
    this.charts.destroy();
    for (const tab of this.more) tab.destroy?.();
  }

  private update(theme: Theme): void {
    const { data, status } = this.feed;
    const { root } = this.stage;
    root.setAttribute('aria-label', `Run ${data.run?.name ?? ''}`);
    root.dataset.version = String(data.version);
    root.dataset.points = String(data.points);
    this.header.update();
    this.notice.hidden = !(status === 'lost' && data.run?.state === 'running');
    setText(this.notice, this.notice.hidden ? '' : 'Live data is not reachable. This is the run as last seen.');
    this.body.hidden = data.series.size === 0 && this.more.length === 0;
    if (this.body.hidden) return;
    this.ghosts.update();
    this.charts.update(theme, this.tabs.current === 0);
    this.tabs.open.update?.(theme);
  }
}
