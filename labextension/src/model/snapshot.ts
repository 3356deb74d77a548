import { ColumnBlob } from '../wire/encode';
import type { Access, HeatmapHeader, JsonObject, MediaRow, MediaSeries, SeriesHeader, Snapshot } from '../wire/messages';
import { VERSION } from '../wire/messages';
import { decimate } from './decimate';
import { coarsen } from './heatmap';
import type { Heatmap } from './heatmap';
import type { Series } from './series';
import type { RunData } from './run-data';

const MAX_CHARACTERS = 150_000;
const MAX_POINTS = 8000;
const MAX_SERIES = 300;
const MAX_DEFINITIONS = 40;
const MAX_TREE_CHARACTERS = 16_000;
const [MAX_OBJECTS, MAX_TEXT_ROWS, MAX_HEATMAP_STEPS, MAX_HEATMAP_BINS] = [6, 5, 48, 20];
const [MAX_MEDIA, MAX_FILES] = [24, 240];
const MAX_VERSIONS = 40; // of logged artifacts
const MAX_SPEC = 6000; // characters of a Vega spec
const MAX_EXACT_FLOAT32 = 2 ** 24;

/**
 * The run as a snapshot for a saved notebook: at most `maxCharacters` of JSON, however long the run. Points are
 * decimated until it fits. Its cursor requests everything.
 */
export function toSnapshot(data: RunData, access: Access | null, maxCharacters = MAX_CHARACTERS): Snapshot | null {
  if (data.run === null) return null;
  const previews = data.previews.all();
  const withPreviews = (snapshot: Snapshot): Snapshot => (previews.length > 0 ? { ...snapshot, previews } : snapshot);
  for (let points = MAX_POINTS; points >= 1; points = Math.floor(points / 2)) {
    const snapshot = withPoints(data, access, points);
    if (snapshot !== null && JSON.stringify(snapshot).length <= maxCharacters) return withPreviews(snapshot);
  }
  return { ...withPoints(data, access, 1)!, series: [], heatmaps: [], texts: [], media: [], plots: [], artifacts: [], data: '' };
}

function withPoints(data: RunData, access: Access | null, points: number): Snapshot | null {
  if (data.run === null) return null;
  const all = [...data.series.values()].slice(0, MAX_SERIES);
  const share = Math.max(2, Math.floor(points / Math.max(1, all.length)));
  const blob = new ColumnBlob();
  const series = all.map((one) => seriesHeader(one, share, blob));
  const steps = Math.max(6, Math.min(MAX_HEATMAP_STEPS, Math.floor(points / 100)));
  const heatmaps = data.heatmaps.slice(0, MAX_OBJECTS).map((one) => heatmapHeader(coarsen(one, steps, MAX_HEATMAP_BINS), blob));
  const texts = data.texts.slice(0, MAX_OBJECTS).map((one) => ({ ...one, rows: one.rows.slice(-MAX_TEXT_ROWS) }));
  const media = newestMedia(data);
  const dtype = all.some((one) => one.step.values().some((step) => step >= MAX_EXACT_FLOAT32)) ? 'f8' : 'f4';
  return {
    v: VERSION, cursor: '', more: false, done: data.done, run: data.run,
    config: limitSize(data.config), summary: limitSize(data.summary), metrics: data.metrics.slice(0, MAX_DEFINITIONS), cells: [...data.cells.values()],
    series, heatmaps, texts, media, plots: data.plots.filter(({ table, vega = '' }) => vega.length <= MAX_SPEC && media.some(({ key }) => key === table)).slice(0, MAX_OBJECTS),
    artifacts: data.artifacts.slice(-MAX_VERSIONS), data: blob.toBase64(dtype), dtype, access,
  };
}

/** The newest files of some metrics, and earlier ones of which there are small copies. */
function newestMedia({ media, previews }: RunData): MediaSeries[] {
  const each = Math.max(4, Math.floor(MAX_FILES / Math.max(1, Math.min(media.length, MAX_MEDIA))));
  return media.slice(0, MAX_MEDIA).map((one) => {
    const rows = one.rows.filter(({ files }, at) => at === one.rows.length - 1 || files.slice(0, each).every(({ path }) => previews.has(path)));
    return { ...one, rows: rows.map((row) => firstFiles(row, each)) };
  });
}

function firstFiles(row: MediaRow, most: number): MediaRow {
  return row.files.length <= most ? row : { ...row, files: row.files.slice(0, most), count: row.count ?? row.files.length };
}

function heatmapHeader({ key, kind, n, step, time, edges, cells }: Heatmap, blob: ColumnBlob): HeatmapHeader {
  return { key, kind, n, columns: { step: blob.add(step), time: blob.add(time), edges: blob.add(edges), cells: blob.add(cells) } };
}

function seriesHeader(series: Series, share: number, blob: ColumnBlob): SeriesHeader {
  const values = series.value.values();
  const ranges = series.attempts();
  const indices: number[] = [];
  const attempts: [number, number][] = [];
  const cells: [number, number][] = [];
  for (const { attempt, first, end } of ranges) {
    attempts.push([attempt, indices.length]);
    indices.push(...decimate(values, first, end, Math.max(2, Math.round((share * (end - first)) / series.length))));
  }
  indices.forEach((index, i) => {
    const cell = series.cellAt(index);
    if (cells.at(-1)?.[0] !== cell) cells.push([cell, i]);
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(indices, (i) => column[i]!);
  return {
    key: series.key, mode: 'replace', n: series.n, decimated: indices.length < series.n, stepMetric: series.stepMetric, attempts,
    cells: series.cells().length > 0 ? cells : [],
    columns: {
      step: blob.add(pick(series.step.values())),
      time: blob.add(pick(series.time.values())),
      value: blob.add(pick(values)),
      ...(series.x ? { x: blob.add(pick(series.x.values())) } : {}),
    },
  };
}

/** The entries that fit into the size limit. */
function limitSize(tree: JsonObject): JsonObject {
  let remaining = MAX_TREE_CHARACTERS;
  const entries = Object.entries(tree).filter(([key, value]) => {
    const size = JSON.stringify({ [key]: value }).length;
    if (size > remaining) return false;
    remaining -= size;
    return true;
  });
  return Object.fromEntries(entries);
}
