import type { Theme } from '../chart/palette';
import type { Axis } from '../model/axes';
import type { Feed } from '../sources/feed';
import { ChartPanel } from '../view/charts/chart-panel';
import { h, setText } from '../view/dom';
import { OverlayFeeds } from '../view/overlay-feeds';
import { ViewRoot } from '../view/view-root';

/** The charts of one or more runs, without tabs and tables: the page shows those itself. */
export class RunCharts {
  private readonly feeds = new OverlayFeeds(() => this.root.changed());
  private readonly charts: ChartPanel;
  private readonly root: ViewRoot;
  private readonly bar: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });

  /** `emptyText` is shown while no run has anything to draw. */
  constructor(host: HTMLElement, private readonly emptyText: string, axis: Axis = 'auto') {
    this.charts = new ChartPanel(this.feeds.overlay, () => this.root.changed());
    this.charts.context.state.axis = axis;
    this.bar = h('div', { class: 'wnb-bar' }, this.charts.toolbar.element);
    this.root = new ViewRoot(host, [this.bar, this.notice, this.charts.grid.element], (theme) => this.update(theme), () => this.dispose());
    this.root.element.setAttribute('aria-label', 'Charts');
    this.root.watchVisibility((visible) => this.feeds.setVisible(visible));
  }

  /** Draw these runs from now on, each in its own style or the given one. */
  show(runs: { feed: Feed; style?: number }[]): void {
    this.feeds.show(runs);
  }

  private dispose(): void {
    this.feeds.destroy();
    this.charts.destroy();
  }

  private update(theme: Theme): void {
    this.feeds.updateLabels();
    const { runs, points } = this.feeds.overlay;
    this.root.element.dataset.points = String(points);
    const loaded = runs.every((run) => run.data.run !== null);
    const empty = this.feeds.overlay.isEmpty;
    setText(this.notice, empty ? (loaded ? this.emptyText : 'Loading …') : '');
    this.notice.hidden = !empty;
    this.bar.hidden = this.charts.grid.element.hidden = empty;
    if (!empty) this.charts.update(theme, true);
  }
}
