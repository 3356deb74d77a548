import type { OverlaidRun } from '../model/overlay';
import { Overlay, runLabels } from '../model/overlay';
import { legendLabels, valueLabels } from '../model/comparison-labels';
import { valueDifferences } from '../model/value-differences';
import type { Feed, Viewer } from '../sources/feed';
import type { DiffRow, JsonObject } from '../wire/messages';

/** The feeds of several runs as one overlay. A run keeps its colour while it stays in the overlay. */
export class OverlayFeeds implements Viewer {
  readonly overlay = new Overlay([]);
  private readonly feeds = new Map<Feed, OverlaidRun>();
  private visible = false;
  private configs: JsonObject[] = [];
  private rows: DiffRow[] = [];

  constructor(private readonly onChange: () => void) {}

  /** Replace the runs. `style` gives the colour of a run; without it a new run gets its own, or the next free one. */
  show(runs: { feed: Feed; style?: number }[]): void {
    for (const feed of [...this.feeds.keys()]) if (!runs.some((run) => run.feed === feed)) this.remove(feed);
    for (const { feed, style } of runs) {
      if (!this.feeds.has(feed)) this.add(feed);
      const run = this.feeds.get(feed)!;
      run.style = style ?? run.style;
    }
    this.overlay.runs.splice(0, this.overlay.runs.length, ...runs.map(({ feed }) => this.feeds.get(feed)!));
    this.changed();
  }

  changed(): void {
    this.onChange();
  }

  /** The feed of one of the runs. */
  feedOf(run: OverlaidRun): Feed {
    return [...this.feeds].find(([, one]) => one === run)![0];
  }

  /** Report to all feeds whether the view is visible. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    for (const feed of this.feeds.keys()) feed.setVisible(this, visible);
  }

  /**
   * Give each run its colour and its label: that of `labels`, else its name, with the config values that differ or, for equal
   * names, the id. With `short`, distinct values are enough.
   */
  updateLabels(labels?: string[], short = false): void {
    this.overlay.assignStyles();
    const { runs } = this.overlay;
    const names = labels ?? (short ? valueLabels(this.legend()) : this.legend());
    runs.forEach((run, i) => (run.label = names[i] ?? ''));
  }

  private legend(): string[] {
    const runs = this.overlay.runs.map(({ data }) => ({ name: data.run?.name ?? '', id: data.run?.id ?? '…' }));
    return legendLabels(runs.map(({ name, id }) => name || id), runLabels(runs), this.configRows());
  }

  /** The config of all runs, one row per key. */
  configRows(): DiffRow[] {
    const configs = this.overlay.runs.map(({ data }) => data.config);
    if (configs.length !== this.configs.length || configs.some((config, i) => config !== this.configs[i])) {
      this.configs = configs;
      this.rows = configs.length > 1 ? valueDifferences(configs) : [];
    }
    return this.rows;
  }

  destroy(): void {
    for (const feed of [...this.feeds.keys()]) this.remove(feed);
  }

  private add(feed: Feed): void {
    this.feeds.set(feed, { data: feed.data, label: '', role: 'primary', style: null, hidden: false });
    feed.join(this);
    feed.setVisible(this, this.visible);
  }

  private remove(feed: Feed): void {
    this.feeds.delete(feed);
    feed.leave(this);
  }
}
