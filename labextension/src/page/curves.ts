import type { Theme } from '../chart/palette';
import type { XMode } from '../model/lines';
import type { OverlaidRun } from '../model/overlay';
import { Overlay, runLabels } from '../model/overlay';
import type { Feed, Viewer } from '../sources/feed';
import { Charts } from '../view/charts';
import { h, setText } from '../view/dom';
import { Stage } from '../view/stage';

/** The charts of some runs and nothing else: the page around them tells the rest. */
export class Curves implements Viewer {
  private readonly overlay = new Overlay([]);
  private readonly feeds = new Map<Feed, OverlaidRun>();
  private readonly charts: Charts;
  private readonly stage: Stage;
  private readonly bar: HTMLElement;
  private readonly notice = h('p', { class: 'wnb-quiet', role: 'status' });
  private inSight = false;

  /** `empty` is said while no run has anything to draw. */
  constructor(host: HTMLElement, private readonly empty: string, axis: XMode | null = null) {
    this.charts = new Charts(this.overlay, () => this.changed());
    if (axis !== null) Object.assign(this.charts.owner.state, { mode: axis, chosen: true });
    this.bar = h('div', { class: 'wnb-bar' }, this.charts.toolbar.element);
    const parts = [this.bar, this.notice, this.charts.grid.element];
    this.stage = new Stage(host, parts, (theme) => this.update(theme), () => this.charts.destroy());
    this.stage.root.setAttribute('aria-label', 'Charts');
    this.stage.watchSight((inSight) => {
      this.inSight = inSight;
      for (const feed of this.feeds.keys()) feed.look(this, inSight);
    });
  }

  /** Draw these runs from now on, each in its style. */
  show(runs: { feed: Feed; style: number }[]): void {
    for (const feed of [...this.feeds.keys()]) if (!runs.some((one) => one.feed === feed)) this.remove(feed);
    for (const { feed, style } of runs) this.add(feed, style);
    this.overlay.runs.splice(0, this.overlay.runs.length, ...runs.map(({ feed }) => this.feeds.get(feed)!));
    this.changed();
  }

  changed(): void {
    this.stage.changed();
  }

  private add(feed: Feed, style: number): void {
    const held = this.feeds.get(feed);
    if (held) {
      held.style = style;
      return;
    }
    this.feeds.set(feed, { data: feed.data, label: '', role: 'equal', style, hidden: false });
    feed.join(this);
    feed.look(this, this.inSight);
  }

  private remove(feed: Feed): void {
    this.feeds.delete(feed);
    feed.leave(this);
  }

  private update(theme: Theme): void {
    const { runs } = this.overlay;
    const labels = runLabels(runs.map((run) => ({ name: run.data.run?.name ?? '', id: run.data.run?.id ?? '…' })));
    runs.forEach((run, i) => (run.label = labels[i]!));
    this.stage.root.dataset.points = String(this.overlay.points);
    const known = runs.every((run) => run.data.run !== null);
    const nothing = !runs.some((run) => run.data.series.size > 0);
    setText(this.notice, nothing ? (known ? this.empty : 'Loading …') : '');
    this.notice.hidden = !nothing;
    this.bar.hidden = this.charts.grid.element.hidden = nothing;
    if (!nothing) this.charts.update(theme, true);
  }
}
