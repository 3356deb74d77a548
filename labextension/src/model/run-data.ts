import type { CellInfo, JsonObject, MediaSeries, Message, MetricDefinition, PlotHeader, RunInfo, TextSeries, VersionInfo } from '../wire/messages';
import { MediaFiles } from '../media/media-files';
import { MediaPages } from '../media/media-pages';
import type { Heatmap } from './heatmap';
import { heatmapsOf } from './heatmap';
import { RowRanges } from './row-ranges';
import { SavedPreviews } from './saved-previews';
import { Series } from './series';

/** The data of one run, built from messages. All views of a page share it. */
export class RunData {
  run: RunInfo | null = null;
  config: JsonObject = {};
  summary: JsonObject = {};
  metrics: MetricDefinition[] = [];
  cells = new Map<number, CellInfo>();
  /** Histograms and lists over steps, and the last logged texts. */
  heatmaps: Heatmap[] = [];
  texts: TextSeries[] = [];
  /** The media files over steps, the requests for more of them, and their contents. */
  media: MediaSeries[] = [];
  readonly mediaPages = new MediaPages();
  readonly mediaFiles = new MediaFiles();
  /** The charts that are drawn from logged tables. */
  plots: PlotHeader[] = [];
  /** The artifact versions that the run logged, oldest first. */
  artifacts: VersionInfo[] = [];
  readonly previews = new SavedPreviews();
  readonly series = new Map<string, Series>();
  /** Points in more detail than those of `series`. */
  readonly ranges = new RowRanges();
  cursor = '';
  done = false;
  /** The number of changes applied; whatever was drawn at another number is stale. */
  version = 0;
  /** `performance.now()` when `run.runtime` was received. */
  receivedAt = 0;

  /** Apply a message. If it does not follow the current data, reset the cursor, so that the next pull requests everything. */
  apply(message: Message): void {
    const { header } = message;
    let consistent = true;
    for (const part of header.series) consistent = this.seriesFor(part.key).apply(part, message) && consistent;
    this.run = header.run;
    this.config = header.config ?? this.config;
    this.summary = header.summary ?? this.summary;
    this.metrics = header.metrics ?? this.metrics;
    if (header.cells) this.cells = new Map(header.cells.map((cell) => [cell.id, cell]));
    if (header.heatmaps) this.heatmaps = heatmapsOf(message);
    this.texts = header.texts ?? this.texts;
    if (header.media) this.mediaPages.extendRows(header.media);
    this.media = header.media ?? this.media;
    this.plots = header.plots ?? this.plots;
    this.artifacts = header.artifacts ?? this.artifacts;
    this.previews.take(header.previews);
    this.cursor = consistent ? header.cursor : '';
    this.done = header.done;
    this.receivedAt = performance.now();
    this.version += 1;
  }

  /** Whether a complete message (a saved snapshot) is ahead of the current data. */
  isBehind(message: Message): boolean {
    const { run, done } = message.header;
    if (this.run === null) return true;
    if (run.rows !== this.run.rows) return run.rows > this.run.rows;
    return (done && !this.done) || (message.floats.length > 0 && this.points === 0);
  }

  /** The number of points in all series. */
  get points(): number {
    let sum = 0;
    for (const series of this.series.values()) sum += series.length;
    return sum;
  }

  /** Whether several notebook cells logged points. */
  get hasCells(): boolean {
    return new Set([...this.series.values()].flatMap((series) => series.cells().map((range) => range.cell))).size > 1;
  }

  /** Seconds since the run began. Advances between messages while the run is active and `live`. */
  elapsed(live: boolean): number {
    const runtime = this.run?.runtime ?? 0;
    const ticking = live && this.run?.state === 'running' && !this.done;
    return ticking ? runtime + (performance.now() - this.receivedAt) / 1000 : runtime;
  }

  private seriesFor(key: string): Series {
    let series = this.series.get(key);
    if (series === undefined) {
      series = new Series(key);
      this.series.set(key, series);
    }
    return series;
  }
}
