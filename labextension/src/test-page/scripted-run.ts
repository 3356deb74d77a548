import { scriptedObjects } from './scripted-objects';
import type { Transport } from '../sources/feed';
import type { CellInfo, Comparison, JsonObject, Message, MetricDefinition, RunStateName, SeriesHeader, VersionInfo } from '../wire/messages';

/** Defines a synthetic run: metrics, and rows at the start, per pull, and in total. */
export interface Script {
  name: string;
  id?: string;
  /** Factor of all values. */
  scale?: number;
  keys: string[];
  start: number;
  each: number;
  total: number;
  /** The second attempt starts at this row, with steps from 0. */
  again?: number;
  /** Rows per value of the step metric. */
  epoch?: number;
  /** Sources of notebook cells, which log equally many rows; the second one fails. */
  cells?: string[];
  metrics?: MetricDefinition[];
  /** The artifact versions that it logged. */
  artifacts?: VersionInfo[];
  /** Values of the first metric, by row. */
  overrides?: Record<number, number>;
  /** Whether it also logs histograms, lists and texts. */
  objects?: boolean;
  config?: JsonObject;
  end?: RunStateName;
  /** Seconds since the run started. */
  age?: number;
}

/** A run without a kernel, with the same messages as a real one. */
export class ScriptedRun implements Transport {
  private rows = 0;
  private stopped = false;

  constructor(private readonly script: Script) {}

  async pull(cursor: string): Promise<Message> {
    const { start, each, total } = this.script;
    const from = cursor === '' ? 0 : Number(cursor);
    this.rows = this.stopped ? this.rows : Math.min(total, this.rows === 0 ? start : this.rows + each);
    return this.message(from, this.rows);
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }

  /** Two runs like this one, with larger values. */
  async earlierRuns(): Promise<Comparison> {
    const earlier = [1.2, 1.5].map((scale, i) => new ScriptedRun({ ...this.script, name: `earlier-${i + 1}`, id: `e${i}`, scale, end: 'finished', age: 1140 }));
    return { runs: earlier.map((run) => run.message(0, this.script.total)), labels: earlier.map((run) => run.script.name), diff: null };
  }

  close(): void {
    this.stopped = true;
  }

  private message(from: number, to: number): Message {
    const { script } = this;
    const done = this.stopped || to >= script.total;
    const count = to - from;
    const objects = script.objects ? scriptedObjects(count * (3 + script.keys.length)) : null;
    const floats = new Float64Array(count * (3 + script.keys.length) + (objects?.floats.length ?? 0));
    floats.set(objects?.floats ?? [], floats.length - (objects?.floats.length ?? 0));
    for (let i = 0; i < count; i++) this.row(floats, count, from + i, i);
    const summary = Object.fromEntries(script.keys.map((key, k) => [key, curve(k, Math.max(0, to - 1), script.total)]));
    return {
      header: {
        v: 1, cursor: String(to), more: false, done, series: count > 0 ? script.keys.map((key, k) => this.series(key, k, from, to)) : [],
        run: {
          id: script.id ?? 'abcd1234', name: script.name, project: 'digits', entity: '', group: '', jobType: '', notes: '', tags: [],
          state: done ? (script.end ?? 'finished') : 'running', exitCode: null, startTime: Date.now() / 1000 - (script.age ?? 0), runtime: to * 0.05,
          rows: to, step: this.step(Math.max(0, to - 1)), url: null, lost: 0,
        },
        config: from === 0 ? (script.config ?? {}) : null, summary, metrics: script.metrics ?? [],
        heatmaps: objects?.heatmaps, texts: objects?.texts,
        artifacts: script.artifacts ?? [],
        cells: (script.cells ?? []).map((source, i) => cell(source, i, to < script.total)),
      },
      floats,
    };
  }

  private row(floats: Float64Array, count: number, row: number, i: number): void {
    floats[i] = this.step(row);
    floats[count + i] = row * 0.05;
    floats[2 * count + i] = Math.floor(row / (this.script.epoch ?? 1));
    const { overrides = {} } = this.script;
    this.script.keys.forEach((_, k) => {
      const override = k === 0 ? overrides[row] : undefined;
      floats[(3 + k) * count + i] = override ?? curve(k, row, this.script.total) * (this.script.scale ?? 1);
    });
  }

  private step(row: number): number {
    const { again } = this.script;
    return again !== undefined && row >= again ? row - again : row;
  }

  private cells(from: number, to: number): [cell: number, first: number][] {
    const { cells = [], total } = this.script;
    const each = total / Math.max(1, cells.length);
    const first = Math.floor(from / each);
    const starts = cells.map((_, i): [number, number] => [4 + i, Math.max(0, Math.ceil(i * each) - from)]);
    return starts.filter(([, at], i) => i >= first && at < to - from);
  }

  private series(key: string, k: number, from: number, to: number): SeriesHeader {
    const count = to - from;
    const { again, epoch } = this.script;
    const attempts: [number, number][] = again === undefined || to <= again ? [[0, 0]] : again <= from ? [[1, 0]] : [[0, 0], [1, again - from]];
    return {
      key, mode: from === 0 ? 'replace' : 'append', n: to, decimated: false, stepMetric: epoch ? 'epoch' : null, attempts, cells: this.cells(from, to),
      columns: { step: [0, count], time: [count, count], value: [(3 + k) * count, count], ...(epoch ? { x: [2 * count, count] } : {}) },
    };
  }
}

/** The third cell is active until the run ends. */
function cell(source: string, i: number, running: boolean): CellInfo {
  const common = { id: 4 + i, n: 4 + i, source, cut: false, started: 10 * i };
  if (running && i === 2) return { ...common, seconds: null, ok: null, error: null };
  const error = i === 1 ? 'ValueError: the learning rate must be positive' : null;
  return { ...common, seconds: 4.2 + i, ok: error === null, error };
}

/** Falling, rising and periodic curves with reproducible noise. */
function curve(k: number, row: number, total: number): number {
  const t = row / total;
  const noise = (Math.sin(row * 12.9898 + k * 78.233) * 43758.5453) % 1;
  const shapes = [
    () => 2.2 * Math.exp(-4 * t) + 0.08 + 0.06 * noise,
    () => 2.3 * Math.exp(-3.4 * t) + 0.16 + 0.03 * noise,
    () => 1 - 0.85 * Math.exp(-5 * t) + 0.02 * noise,
    () => 0.95 - 0.8 * Math.exp(-4 * t) + 0.01 * noise,
    () => 1e-3 * (0.5 + 0.5 * Math.cos(Math.PI * t)),
    () => 40 + 30 * Math.sin(9 * t) + 6 * noise,
  ];
  return shapes[k % shapes.length]!() * (1 + 0.04 * Math.floor(k / shapes.length));
}
