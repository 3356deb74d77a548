/** The message a view reads, as described in docs/design.md: the same over HTTP, over a comm and in a saved notebook. */

export const MIME_TYPE = 'application/vnd.wandb-nb.run+json';
export const COMPARISON_MIME_TYPE = 'application/vnd.wandb-nb.comparison+json';
export const LINK_MIME_TYPE = 'application/vnd.wandb-nb.link+json';
export const COMM_TARGET = 'wandb_nb.view';
export const VERSION = 1;

export type RunStateName = 'running' | 'stopped' | 'finished' | 'failed' | 'interrupted' | 'killed' | 'crashed';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** How far a run has been sent; `waiting` counts the rows that the server lacks, `message` is a reason. */
export interface SyncInfo {
  state: 'connecting' | 'sending' | 'waiting' | 'done' | 'refused';
  waiting: number;
  message: string;
  server: string;
}

/** Identity and progress of a run. `startTime` in Unix seconds, `runtime` in seconds. */
export interface RunInfo {
  id: string;
  name: string;
  project: string;
  entity: string;
  group: string;
  jobType: string;
  notes: string;
  tags: string[];
  state: RunStateName;
  exitCode: number | null;
  startTime: number;
  runtime: number;
  rows: number;
  step: number;
  url: string | null;
  lost: number;
  /** The exception that ended the last cell that logged. Missing in outputs saved by the first release, as is the next. */
  error?: string | null;
  /** Whether the run's notebook is executing a cell; null if that is unknown. */
  cellRunning?: boolean | null;
  /** Null for a run that is not sent anywhere; missing in outputs saved by an earlier release. */
  sync?: SyncInfo | null;
  /** What would keep a repetition of an ended run from being the same; null if unknown, missing in earlier outputs. */
  remarks?: string[] | null;
}

/** One `define_metric`; with `glob`, `name` is a pattern. */
export interface MetricDefinition {
  name: string;
  glob: boolean;
  step: string | null;
  goal: 'minimize' | 'maximize' | null;
  hidden: boolean;
}

/** Position of a column in the blob: first float, number of floats. */
export type Slice = [first: number, count: number];

export interface Columns {
  step: Slice;
  time: Slice;
  value: Slice;
  x?: Slice;
}

/** One execution of a cell: `n` is its number in the notebook, `id` its number in a series' `cells`. Times in seconds. */
export interface CellInfo {
  id: number;
  n: number;
  source: string;
  /** Whether `source` is truncated. */
  cut: boolean;
  started: number | null;
  /** Null while the cell runs; so is `ok`. */
  seconds: number | null;
  ok: boolean | null;
  error: string | null;
}

export interface SeriesHeader {
  key: string;
  mode: 'replace' | 'append';
  n: number;
  decimated: boolean;
  stepMetric: string | null;
  attempts: [attempt: number, first: number][];
  /** Missing in outputs saved by the first release. */
  cells?: [cell: number, first: number][];
  columns: Columns;
}

/** Histograms or lists of one metric; `cells` has a row of bins for each step. */
export interface HeatmapHeader {
  key: string;
  kind: 'histogram' | 'list';
  n: number;
  columns: { step: Slice; time: Slice; edges: Slice; cells: Slice };
}

/** One logged text; `cut` is set if it is shortened. */
export interface TextRow {
  step: number;
  time: number;
  text: string;
  cut: boolean;
}

/** The last texts of one metric, oldest first; `n` counts all that were logged. */
export interface TextSeries {
  key: string;
  n: number;
  rows: TextRow[];
}

/** One mask or set of boxes of a picture. */
export interface MediaLayer {
  kind: 'mask' | 'boxes';
  name: string;
  path: string;
}

/** The names of the classes of one layer, by class id. */
export interface LayerLabels {
  kind: MediaLayer['kind'];
  name: string;
  labels: Record<string, string>;
}

/** One media file; `path` is that in the run's row, sizes are in pixels and bytes, null if unknown. */
export interface MediaFile {
  kind: string;
  path: string;
  caption: string;
  width: number | null;
  height: number | null;
  size: number | null;
  /** The masks and boxes of a picture that has some. */
  layers?: MediaLayer[];
  /** The file of a table with all of its rows, `artifacts/<client id>/<path in it>`. */
  artifact?: string;
  /** The number of an increment of a table, from 0. */
  increment?: number;
}

/** The media of one step; `count` is the number of all files, if `files` has only the first ones. */
export interface MediaRow {
  step: number;
  time: number;
  files: MediaFile[];
  count?: number;
}

/** The media of one metric by ascending step; `n` counts all that were logged. */
export interface MediaSeries {
  key: string;
  n: number;
  rows: MediaRow[];
  /** Missing without masks and boxes. */
  labels?: LayerLabels[];
}

/** A chart of the table logged under `table`; `spec` names how it is drawn, `fields` gives a column for each field of that. */
export interface PlotHeader {
  key: string;
  spec: string;
  table: string;
  fields: Record<string, string>;
  /** Title and labels. */
  texts: Record<string, string>;
  /** The JSON of a Vega or Vega-Lite spec, for a chart that brings its own. */
  vega?: string;
}

/**
 * An artifact version that the run logged, such as "model:v3", after `step`; null if no row was before it. `attempt` is
 * null where it is unknown, `url` the path of its page on the server that sent the message.
 */
export interface VersionInfo {
  name: string;
  type: string;
  step: number | null;
  attempt: number | null;
  url: string | null;
}

export interface MessageHeader {
  v: number;
  cursor: string;
  more: boolean;
  done: boolean;
  run: RunInfo;
  config: JsonObject | null;
  summary: JsonObject | null;
  metrics: MetricDefinition[] | null;
  cells?: CellInfo[] | null;
  series: SeriesHeader[];
  /** Null where unchanged since the cursor; missing in outputs of the first release, as are `texts`, `media` and `plots`. */
  heatmaps?: HeatmapHeader[] | null;
  texts?: TextSeries[] | null;
  media?: MediaSeries[] | null;
  plots?: PlotHeader[] | null;
  /** As `cells`; missing in outputs saved by an earlier release. */
  artifacts?: VersionInfo[] | null;
  /** In snapshots only. */
  previews?: SavedPreview[];
}

/** How a saved output finds its run again. `token` is random text, stored only in the outputs of this run. */
export interface Access {
  id: string;
  token: string;
  kernel: string | null;
}

/** A small copy of the media file `path`, in base64: a picture, the first rows of a table, a short HTML page. */
export interface SavedPreview {
  path: string;
  type: string;
  data: string;
}

/** A header with its numbers inline, as saved in a notebook. */
export interface Snapshot extends MessageHeader {
  data: string;
  dtype: 'f4' | 'f8';
  access: Access | null;
}

/** A header and its float64 columns. */
export interface Message {
  header: MessageHeader;
  floats: Float64Array;
}

/** One row of a comparison: a key and its value in each run as text, null where the run lacks it. `change` is set for two numbers. */
export interface DiffRow {
  key: string;
  texts: (string | null)[];
  same: boolean;
  change: string | null;
}

/** One cell or file that differs between two runs. Lines begin with " ", "-", "+", or "@" for a gap. */
export interface CodeChange {
  title: string;
  change: 'changed' | 'added' | 'removed';
  lines: string[];
}

export interface Diff {
  /** What differs, in one line; missing in outputs saved by an earlier release. */
  headline?: string;
  config: DiffRow[];
  summary: DiffRow[];
  git: DiffRow[];
  packages: DiffRow[];
  code: CodeChange[];
}

export interface ComparisonHeader {
  v: number;
  runs: MessageHeader[];
  labels: string[];
  diff: Diff | null;
  /** Where the rows to come are, one per run; only if the runs were active when this was made. */
  accesses?: Access[];
  /** How many more runs there are than can be drawn together. */
  hidden?: number;
}

/** Several runs, each with its own message. */
export interface Comparison {
  runs: Message[];
  labels: string[];
  diff: Diff | null;
  /** Set for runs that may still be active. */
  accesses?: Access[] | null;
  /** How many more runs there are than can be drawn together. */
  hidden?: number;
}

/** One line that leads to the charts of runs elsewhere in the notebook, and the output that draws them in its place. */
export interface SavedLink {
  v: number;
  text: string;
  /** A MIME bundle with a `Snapshot` or a `ComparisonHeader` without points. */
  view: Record<string, unknown>;
}

/**
 * A request for the points of `keys` with `from` <= x <= `to`, where x is the step, the time, or the latest value of
 * `metric`; null is no bound. With `firstFile` it is one for the media files of the step `from`, from that place on.
 */
export type RangeRequest = {
  keys: string[];
  axis: 'step' | 'time' | 'metric';
  metric: string | null;
  from: number | null;
  to: number | null;
  firstFile?: number;
};

/** A request from a view to a kernel, over a comm. `number` is repeated in the answer. */
export type Request = { type: 'pull'; cursor: string } | { type: 'range'; number: number; range: RangeRequest } | { type: 'file'; number: number; path: string } | { type: 'ghosts' } | { type: 'stop'; force?: boolean };
