import type { Theme } from '../chart/palette';
import { Overlay } from '../model/overlay';
import type { MetricSelection } from '../model/selected-charts';
import type { Feed, Viewer } from '../sources/feed';
import { ChartPanel } from './charts/chart-panel';
import { EarlierRunsToggle } from './charts/earlier-runs';
import { h, setText } from './dom';
import { HeaderBar } from './header-bar';
import { ValueTable } from './tables/value-table';
import type { Tab } from './tabs';
import { Tabs } from './tabs';
import { showFailure, ViewRoot } from './view-root';

/** A mounted view. */
export interface MountedView {
  destroy(): void;
}

/** Creates additional tabs; `changed` redraws the view. */
export type ExtraTabs = (changed: () => void) => Tab[];

/**
 * Draw a run into `host` and update it from `feed` until it is destroyed, with `extraTabs` after charts, config and
 * summary, and with charts of the metrics in `selection`. Errors are shown in the view, never thrown.
 */
export function mountRun(host: HTMLElement, feed: Feed, extraTabs: ExtraTabs = () => [], selection: MetricSelection | null = null): MountedView {
  try {
    return new RunView(host, feed, extraTabs, selection);
  } catch (error) {
    showFailure(host, error);
    return { destroy: () => host.replaceChildren() };
  }
}

class RunView implements Viewer, MountedView {
  private readonly root: ViewRoot;
  private readonly header: HeaderBar;
  private readonly charts: ChartPanel;
  private readonly earlierRuns: EarlierRunsToggle;
  private readonly config = new ValueTable('config', 'This run has no config.');
  private readonly summary = new ValueTable('summary', 'This run has no summary.');
  private readonly extraTabs: Tab[];
  private readonly tabs: Tabs;
  private readonly body: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-notice', role: 'status', hidden: true });
  private readonly clock: ReturnType<typeof setInterval>;

  constructor(host: HTMLElement, private readonly feed: Feed, extraTabs: ExtraTabs, selection: MetricSelection | null) {
    const changed = (): void => this.changed();
    const overlay = Overlay.of(feed.data);
    this.header = new HeaderBar(feed);
    this.charts = new ChartPanel(overlay, changed);
    this.earlierRuns = new EarlierRunsToggle(feed, overlay, changed);
    if (selection) this.charts.shareSelection(selection);
    this.charts.toolbar.add(this.earlierRuns.button);
    this.extraTabs = extraTabs(changed);
    const tabs = [...this.standardTabs(), ...this.extraTabs];
    this.tabs = new Tabs(tabs, changed);
    this.body = h('div', { class: 'wnb-body', hidden: true }, h('div', { class: 'wnb-bar' }, this.tabs.list, this.charts.toolbar.element),
      ...tabs.map((tab) => tab.panel));
    this.root = new ViewRoot(host, [this.header.element, this.notice, this.body], (theme) => this.update(theme), () => this.dispose());
    this.charts.listen(this.root.element, { g: () => void this.earlierRuns.toggle() });
    this.root.watchVisibility((visible) => feed.setVisible(this, visible));
    this.clock = setInterval(() => this.header.updateElapsed(), 1000);
    feed.join(this);
    this.changed();
  }

  changed(): void {
    this.root.changed();
  }

  destroy(): void {
    this.root.destroy();
  }

  private standardTabs(): Tab[] {
    const panel = (...children: HTMLElement[]): HTMLElement => h('div', { class: 'wnb-panel' }, ...children);
    const { data } = this.feed;
    return [
      { name: 'Charts', panel: panel(this.earlierRuns.note, this.charts.grid.element) },
      { name: 'Config', panel: panel(this.config.element), available: () => !this.config.isEmpty(data.config), update: () => this.config.update(data.config) },
      { name: 'Summary', panel: panel(this.summary.element), available: () => !this.summary.isEmpty(data.summary), update: () => this.summary.update(data.summary) },
    ];
  }

  private dispose(): void {
    this.feed.leave(this);
    clearInterval(this.clock);
    this.header.destroy();
    this.charts.destroy();
    for (const tab of this.extraTabs) tab.destroy?.();
  }

  private update(theme: Theme): void {
    const { data, status } = this.feed;
    const { element } = this.root;
    element.setAttribute('aria-label', `Run ${data.run?.name ?? ''}`);
    element.dataset.runs = data.run?.id ?? '';
    element.dataset.version = String(data.version);
    element.dataset.points = String(data.points);
    this.header.update();
    this.notice.hidden = !(status === 'lost' && data.run?.state === 'running');
    setText(this.notice, this.notice.hidden ? '' : 'Live data is unavailable; this is the last known state of the run.');
    this.body.hidden = Overlay.of(data).isEmpty && this.extraTabs.length === 0;
    if (this.body.hidden) return;
    this.tabs.updateAvailability();
    this.earlierRuns.update();
    this.charts.update(theme, this.tabs.current === 0);
    this.tabs.open.update?.(theme);
  }
}
