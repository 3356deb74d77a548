import type { Theme } from '../chart/palette';
import { configHeadline } from '../model/comparison-labels';
import { valueDifferences } from '../model/value-differences';
import { Feed } from '../sources/feed';
import type { Comparison, Diff, DiffRow } from '../wire/messages';
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
  /** Replace the runs, and their labels if they are given; a run that stays keeps its colour. */
  show(feeds: Feed[], details?: ComparisonDetails): void;
}

/** Labels and differences of the runs, if they were computed before. */
export interface ComparisonDetails {
  labels?: string[];
  diff?: Diff | null;
  /** How many more runs there are than are drawn. */
  hidden?: number;
  /** Whether runs are labelled without their names if config values tell them apart. */
  shortLabels?: boolean;
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
  private readonly headline = h('p', { class: 'wnb-headline' });
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });

  constructor(host: HTMLElement, private details: ComparisonDetails) {
    const changed = (): void => this.root.changed();
    this.charts = new ChartPanel(this.feeds.overlay, changed);
    this.switches = new RunSwitches(this.feeds, changed);
    this.tables = this.tableTabs();
    const tabs = [panel('Charts', this.charts.grid.element), ...this.tables.map(({ tab }) => tab), ...this.codeTab()];
    this.tabs = new Tabs(tabs, changed);
    this.body = h('div', { class: 'wnb-body' }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.charts.toolbar.element),
      ...tabs.map((tab) => tab.panel));
    this.root = new ViewRoot(host, [this.headline, this.switches.element, this.notice, this.body], (theme) => this.update(theme), () => this.dispose());
    this.root.element.setAttribute('aria-label', 'Comparison of runs');
    this.charts.listen(this.root.element);
    this.root.watchVisibility((visible) => this.feeds.setVisible(visible));
  }

  show(feeds: Feed[], details?: ComparisonDetails): void {
    this.details = { ...this.details, ...details };
    this.feeds.show(feeds.map((feed) => ({ feed })));
  }

  destroy(): void {
    this.root.destroy();
  }

  private tableTabs(): TableTab[] {
    const tableTab = (name: string, emptyText: string, rows: () => DiffRow[], available = (): boolean => rows().length > 0): TableTab => {
      const table = new DifferenceTable(name, emptyText);
      return { table, rows, tab: { ...panel(name[0]!.toUpperCase() + name.slice(1), table.element), available } };
    };
    const hasSummary = (): boolean => this.feeds.overlay.primaryRuns.some(({ data }) => Object.keys(data.summary).length > 0);
    const { diff } = this.details;
    const summary = (): DiffRow[] => valueDifferences(this.feeds.overlay.primaryRuns.map((run) => run.data.summary));
    const tabs = [
      tableTab('config', 'These runs have no config.', diff ? () => diff.config : () => this.feeds.configRows()),
      tableTab('summary', 'These runs have no summary.', diff ? () => diff.summary : summary, diff ? undefined : hasSummary),
    ];
    if (!diff) return tabs;
    return [...tabs, tableTab('Git', 'No Git information was saved.', () => diff.git), tableTab('packages', 'No package list was saved.', () => diff.packages)];
  }

  private codeTab(): Tab[] {
    const { diff, labels } = this.details;
    return diff && diff.code.length > 0 ? [panel('Code', codeChanges(diff.code, labels ?? []))] : [];
  }

  private dispose(): void {
    this.switches.destroy();
    this.feeds.destroy();
    this.charts.destroy();
  }

  private update(theme: Theme): void {
    this.feeds.updateLabels(this.details.labels, this.details.shortLabels);
    const { runs, points } = this.feeds.overlay;
    this.root.element.dataset.runs = runs.map((run) => run.data.run?.id ?? '').join(' ');
    this.root.element.dataset.points = String(points);
    this.switches.update(theme);
    this.body.hidden = runs.length === 0;
    const { hidden } = this.details;
    setText(this.notice, this.body.hidden ? 'Select the runs to compare.' : hidden ? `${hidden} earlier runs of this cell are not drawn.` : '');
    if (this.body.hidden) return;
    setText(this.headline, this.details.diff?.headline ?? configHeadline(this.feeds.configRows()));
    this.headline.hidden = this.headline.textContent === '';
    this.tabs.updateAvailability();
    this.charts.update(theme, this.tabs.current === 0);
    const open = this.tables[this.tabs.current - 1];
    open?.table.update(runs.map((run) => run.label), open.rows());
  }
}

function panel(name: string, child: HTMLElement): Tab {
  return { name, panel: h('div', { class: 'wnb-panel' }, child) };
}
