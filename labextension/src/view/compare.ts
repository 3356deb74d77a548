import type { Theme } from '../chart/palette';
import { differences } from '../model/differences';
import type { OverlaidRun } from '../model/overlay';
import { Overlay, runLabels } from '../model/overlay';
import type { RunData } from '../model/store';
import type { Viewer } from '../sources/feed';
import { Feed } from '../sources/feed';
import type { Comparison, Diff, DiffRow, JsonObject } from '../wire/messages';
import { codeChanges } from './changes';
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

/** What is known of the runs' differences beside their messages. */
export interface Known {
  labels?: string[];
  diff?: Diff | null;
}

/** Draw several runs over one another into `host`, live. Without `known.diff` the tables are made of the runs' config and summary. */
export function mountComparison(host: HTMLElement, feeds: Feed[], known: Known = {}): MountedComparison {
  try {
    const view = new ComparisonView(host, known);
    view.show(feeds);
    return view;
  } catch (error) {
    showFailure(host, error);
    return { show: () => undefined, destroy: () => host.replaceChildren() };
  }
}

/** Draw a comparison that was made before, alive without a kernel. */
export function mountSavedComparison(host: HTMLElement, { runs, labels, diff }: Comparison): MountedComparison {
  const feeds = runs.map((message) => {
    const feed = new Feed([]);
    feed.offer(message);
    return feed;
  });
  return mountComparison(host, feeds, { labels, diff });
}

/** A tab with a table, and where its rows come from. */
interface TableTab {
  tab: Tab;
  table: Differences;
  rows(): DiffRow[];
}

class ComparisonView implements Viewer, MountedComparison {
  private readonly overlay = new Overlay([]);
  private readonly feeds = new Map<Feed, OverlaidRun>();
  private readonly charts: Charts;
  private readonly list: RunList;
  private readonly tables: TableTab[];
  private readonly tabs: Tabs;
  private readonly stage: Stage;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });
  private inSight = false;

  constructor(host: HTMLElement, private readonly known: Known) {
    this.charts = new Charts(this.overlay, () => this.changed());
    this.list = new RunList(this.overlay, () => this.changed());
    this.tables = this.tableTabs();
    const tabs = [panel('Charts', this.charts.grid.element), ...this.tables.map((one) => one.tab), ...this.codeTab()];
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

  private tableTabs(): TableTab[] {
    const of = (name: string, rows: () => DiffRow[]): TableTab => {
      const table = new Differences(name);
      return { table, rows, tab: panel(name === 'git facts' ? 'Git' : name[0]!.toUpperCase() + name.slice(1), table.element) };
    };
    const { diff } = this.known;
    const now = (value: (data: RunData) => JsonObject) => (): DiffRow[] => differences(this.overlay.equals.map((run) => value(run.data)));
    if (!diff) return [of('config', now(({ config }) => config)), of('summary', now(({ summary }) => summary))];
    return [of('config', () => diff.config), of('summary', () => diff.summary), of('git facts', () => diff.git), of('packages', () => diff.packages)];
  }

  private codeTab(): Tab[] {
    const { diff, labels } = this.known;
    return diff ? [panel('Code', codeChanges(diff.code, labels ?? []))] : [];
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
    const { runs } = this.overlay;
    const labels = this.known.labels ?? runLabels(runs.map((run) => ({ name: run.data.run?.name ?? '', id: run.data.run?.id ?? '…' })));
    runs.forEach((run, i) => (run.label = labels[i] ?? ''));
    this.stage.root.dataset.points = String(this.overlay.points);
    this.list.update(theme);
    this.body.hidden = runs.length === 0;
    setText(this.notice, this.body.hidden ? 'Choose the runs to compare.' : '');
    if (this.body.hidden) return;
    this.charts.update(theme, this.tabs.current === 0);
    const open = this.tables[this.tabs.current - 1];
    open?.table.update(runs.map((run) => run.label), open.rows());
  }
}

function panel(name: string, child: HTMLElement): Tab {
  return { name, panel: h('div', { class: 'wnb-panel' }, child) };
}
