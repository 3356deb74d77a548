import type { Theme } from '../chart/palette';
import type { RunData } from '../model/run-data';
import { valueDifferences } from '../model/value-differences';
import { Feed } from '../sources/feed';
import type { Comparison, Diff, DiffRow, JsonObject } from '../wire/messages';
import { ChartPanel } from './charts/chart-panel';
import { h, setText } from './dom';
import { OverlayFeeds } from './overlay-feeds';
import { RunSwitches } from './run-switches';
import type { MountedView } from './run-view';
import { codeChanges } from './tables/code-changes';
import { DifferenceTable } from './tables/difference-table';
import type { Tab } from './tabs';
import { Tabs } from './tabs';
import { showFailure, ViewRoot } from './view-root';

/** A mounted comparison. */
export interface MountedComparison extends MountedView {
  /** Replace the runs; a run that stays keeps its colour. */
  show(feeds: Feed[]): void;
}

/** Labels and differences of the runs, if they were computed before. */
export interface ComparisonDetails {
  labels?: string[];
  diff?: Diff | null;
}

/** Draw several runs in the same charts into `host`, live. Without `details.diff` the tables show the runs' config and summary. */
export function mountComparison(host: HTMLElement, feeds: Feed[], details: ComparisonDetails = {}): MountedComparison {
  try {
    const view = new ComparisonView(host, details);
    view.show(feeds);
    return view;
  } catch (error) {
    showFailure(host, error);
    return { show: () => undefined, destroy: () => host.replaceChildren() };
  }
}

/** Draw a saved comparison; needs no kernel. */
export function mountSavedComparison(host: HTMLElement, { runs, labels, diff }: Comparison): MountedComparison {
  const feeds = runs.map((message) => {
    const feed = new Feed([]);
    feed.offerSnapshot(message);
    return feed;
  });
  return mountComparison(host, feeds, { labels, diff });
}

/** A tab with a table, and the source of its rows. */
interface TableTab {
  tab: Tab;
  table: DifferenceTable;
  rows(): DiffRow[];
}

class ComparisonView implements MountedComparison {
  private readonly feeds = new OverlayFeeds(() => this.root.changed());
  private readonly charts: ChartPanel;
  private readonly switches: RunSwitches;
  private readonly tables: TableTab[];
  private readonly tabs: Tabs;
  private readonly root: ViewRoot;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });

  constructor(host: HTMLElement, private readonly details: ComparisonDetails) {
    const changed = (): void => this.root.changed();
    this.charts = new ChartPanel(this.feeds.overlay, changed);
    this.switches = new RunSwitches(this.feeds.overlay, changed);
    this.tables = this.tableTabs();
    const tabs = [panel('Charts', this.charts.grid.element), ...this.tables.map(({ tab }) => tab), ...this.codeTab()];
    this.tabs = new Tabs(tabs, changed);
    this.body = h('div', { class: 'wnb-body' }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.charts.toolbar.element),
      ...tabs.map((tab) => tab.panel));
    this.root = new ViewRoot(host, [this.switches.element, this.notice, this.body], (theme) => this.update(theme), () => this.dispose());
    this.root.element.setAttribute('aria-label', 'Comparison of runs');
    this.charts.listen(this.root.element);
    this.root.watchVisibility((visible) => this.feeds.setVisible(visible));
  }

  show(feeds: Feed[]): void {
    this.feeds.show(feeds.map((feed) => ({ feed })));
  }

  destroy(): void {
    this.root.destroy();
  }

  private tableTabs(): TableTab[] {
    const tableTab = (name: string, emptyText: string, rows: () => DiffRow[]): TableTab => {
      const table = new DifferenceTable(name, emptyText);
      return { table, rows, tab: panel(name[0]!.toUpperCase() + name.slice(1), table.element) };
    };
    const { diff } = this.details;
    const current = (values: (data: RunData) => JsonObject) => (): DiffRow[] =>
      valueDifferences(this.feeds.overlay.primaryRuns.map((run) => values(run.data)));
    const tabs = [
      tableTab('config', 'These runs have no config.', diff ? () => diff.config : current(({ config }) => config)),
      tableTab('summary', 'These runs have no summary.', diff ? () => diff.summary : current(({ summary }) => summary)),
    ];
    if (!diff) return tabs;
    return [...tabs, tableTab('Git', 'No Git information was saved.', () => diff.git), tableTab('packages', 'No package list was saved.', () => diff.packages)];
  }

  private codeTab(): Tab[] {
    const { diff, labels } = this.details;
    return diff ? [panel('Code', codeChanges(diff.code, labels ?? []))] : [];
  }

  private dispose(): void {
    this.feeds.destroy();
    this.charts.destroy();
  }

  private update(theme: Theme): void {
    this.feeds.updateLabels(this.details.labels);
    const { runs, points } = this.feeds.overlay;
    this.root.element.dataset.points = String(points);
    this.switches.update(theme);
    this.body.hidden = runs.length === 0;
    setText(this.notice, this.body.hidden ? 'Select the runs to compare.' : '');
    if (this.body.hidden) return;
    this.charts.update(theme, this.tabs.current === 0);
    const open = this.tables[this.tabs.current - 1];
    open?.table.update(runs.map((run) => run.label), open.rows());
  }
}

function panel(name: string, child: HTMLElement): Tab {
  return { name, panel: h('div', { class: 'wnb-panel' }, child) };
}
