import type { Theme } from '../chart/palette';
import type { OverlaidRun } from '../model/overlay';
import { Overlay, runLabels } from '../model/overlay';
import type { Feed, Viewer } from '../sources/feed';
import { Charts } from './charts';
import { Differences } from './differences';
import { h, setText } from './dom';
import { RunList } from './runs';
import { showFailure, Stage } from './stage';
import type { Tab } from './tabs';
import { Tabs } from './tabs';
import type { Mounted } from './view';

/** A mounted comparison. */
export interface MountedComparison extends Mounted {
  /** Show these runs from now on; a run that stays keeps its colour. */
  show(feeds: Feed[]): void;
}

/** Draw several runs over one another into `host`, live; `more` are tabs of the caller's own. */
export function mountComparison(host: HTMLElement, feeds: Feed[], more: Tab[] = []): MountedComparison {
  try {
    const view = new Comparison(host, more);
    view.show(feeds);
    return view;
  } catch (error) {
    showFailure(host, error);
    return { show: () => undefined, destroy: () => host.replaceChildren() };
  }
}

class Comparison implements Viewer, MountedComparison {
  private readonly overlay = new Overlay([]);
  private readonly feeds = new Map<Feed, OverlaidRun>();
  private readonly charts: Charts;
  private readonly list: RunList;
  private readonly config = new Differences('config', ({ config }) => config);
  private readonly summary = new Differences('summary', ({ summary }) => summary);
  private readonly tabs: Tabs;
  private readonly stage: Stage;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });
  private inSight = false;

  constructor(host: HTMLElement, more: Tab[]) {
    this.charts = new Charts(this.overlay, () => this.changed());
    this.list = new RunList(this.overlay, () => this.changed());
    const tab = (name: string, child: HTMLElement): Tab => ({ name, panel: h('div', { class: 'wnb-panel' }, child) });
    const tabs = [
      tab('Charts', this.charts.grid.element), tab('Config', this.config.element), tab('Summary', this.summary.element), ...more,
    ];
    this.tabs = new Tabs(tabs, () => this.changed());
    this.body = h('div', { class: 'wnb-body' }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.charts.toolbar.element),
      ...tabs.map((one) => one.panel));
    this.stage = new Stage(host, [this.list.element, this.notice, this.body], (theme) => this.update(theme), () => this.leave());
    this.stage.root.setAttribute('aria-label', 'Comparison of runs');
    this.charts.listen(this.stage.root);
    this.stage.watchSight((inSight) => {
      this.inSight = inSight;
      for (const feed of this.feeds.keys()) feed.look(this, inSight);
    });
  }

  show(feeds: Feed[]): void {
    for (const feed of this.feeds.keys()) if (!feeds.includes(feed)) this.remove(feed);
    for (const feed of feeds) if (!this.feeds.has(feed)) this.add(feed);
    this.overlay.runs.splice(0, this.overlay.runs.length, ...feeds.map((feed) => this.feeds.get(feed)!));
    this.changed();
  }

  changed(): void {
    this.stage.changed();
  }

  destroy(): void {
    this.stage.destroy();
  }

  private add(feed: Feed): void {
    const taken = new Set([...this.feeds.values()].map((run) => run.style));
    let style = 0;
    while (taken.has(style)) style += 1;
    this.feeds.set(feed, { data: feed.data, label: '', role: 'equal', style, hidden: false });
    feed.join(this);
    feed.look(this, this.inSight);
  }

  private remove(feed: Feed): void {
    this.feeds.delete(feed);
    feed.leave(this);
  }

  private leave(): void {
    for (const feed of [...this.feeds.keys()]) this.remove(feed);
    this.charts.destroy();
  }

  private update(theme: Theme): void {
    const { overlay } = this;
    const labels = runLabels(overlay.runs.map((run) => ({ name: run.data.run?.name ?? '', id: run.data.run?.id ?? '…' })));
    overlay.runs.forEach((run, i) => (run.label = labels[i]!));
    this.stage.root.dataset.points = String(overlay.points);
    this.list.update(theme);
    this.body.hidden = overlay.runs.length === 0;
    setText(this.notice, this.body.hidden ? 'Choose the runs to compare.' : '');
    if (this.body.hidden) return;
    this.charts.update(theme, this.tabs.current === 0);
    if (this.tabs.current === 1) this.config.update(overlay);
    if (this.tabs.current === 2) this.summary.update(overlay);
  }
}
