import { Blob64 } from '../wire/encode';
import type { Access, JsonObject, SeriesHeader, Snapshot } from '../wire/messages';
import { VERSION } from '../wire/messages';
import { decimate } from './decimate';
import type { Series } from './series';
import type { RunData } from './store';

const MOST_CHARACTERS = 150_000;
const MOST_POINTS = 8000;
const MOST_SERIES = 300;
const MOST_DEFINITIONS = 40;
const MOST_TREE = 16_000;
const LARGEST_EXACT_F4 = 2 ** 24;

/**
 * The run as a saved notebook keeps it: at most `most` characters of JSON, however long the run. Points are thinned
 * out until it fits; its cursor asks for everything.
 */
export function toSnapshot(data: RunData, access: Access | null, most = MOST_CHARACTERS): Snapshot | null {
  if (data.run === null) return null;
  for (let points = MOST_POINTS; points >= 1; points = Math.floor(points / 2)) {
    const snapshot = withPoints(data, access, points);
    if (snapshot !== null && JSON.stringify(snapshot).length <= most) return snapshot;
  }
  return { ...withPoints(data, access, 1)!, series: [], data: '' };
}

function withPoints(data: RunData, access: Access | null, points: number): Snapshot | null {
  if (data.run === null) return null;
  const all = [...data.series.values()].slice(0, MOST_SERIES);
  const share = Math.max(2, Math.floor(points / Math.max(1, all.length)));
  const blob = new Blob64();
  const series = all.map((one) => seriesHeader(one, share, blob));
  const dtype = all.some((one) => one.step.values().some((step) => step >= LARGEST_EXACT_F4)) ? 'f8' : 'f4';
  return {
    v: VERSION, cursor: '', more: false, done: data.done, run: data.run,
    config: bounded(data.config), summary: bounded(data.summary), metrics: data.metrics.slice(0, MOST_DEFINITIONS), cells: [...data.cells.values()],
    series, data: blob.text(dtype), dtype, access,
  };
}

function seriesHeader(series: Series, share: number, blob: Blob64): SeriesHeader {
  const values = series.value.values();
  const ranges = series.attempts();
  const kept: number[] = [];
  const attempts: [number, number][] = [];
  const cells: [number, number][] = [];
  for (const { attempt, first, end } of ranges) {
    attempts.push([attempt, kept.length]);
    kept.push(...decimate(values, first, end, Math.max(2, Math.round((share * (end - first)) / series.length))));
  }
  kept.forEach((at, i) => {
    const cell = series.cellAt(at);
    if (cells.at(-1)?.[0] !== cell) cells.push([cell, i]);
  });
  const pick = (column: Float64Array): Float64Array => Float64Array.from(kept, (i) => column[i]!);
  return {
    key: series.key, mode: 'replace', n: series.n, decimated: kept.length < series.n, stepMetric: series.stepMetric, attempts,
    cells: series.cells().length > 0 ? cells : [],
    columns: {
      step: blob.place(pick(series.step.values())),
      time: blob.place(pick(series.time.values())),
      value: blob.place(pick(values)),
      ...(series.x ? { x: blob.place(pick(series.x.values())) } : {}),
    },
  };
}

/** Without the entries that would make it larger than a notebook should carry. */
function bounded(tree: JsonObject): JsonObject {
  let left = MOST_TREE;
  const entries = Object.entries(tree).filter(([key, value]) => {
    const size = JSON.stringify({ [key]: value }).length;
    if (size > left) return false;
    left -= size;
    return true;
  });
  return Object.fromEntries(entries);
}
