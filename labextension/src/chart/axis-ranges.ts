import type { DrawnLine } from './lines';

export type Range = [min: number, max: number];

/** Points per line that are enough to estimate quartiles. */
const MAX_SAMPLE = 2000;

/** The range `factor` times as long, with `middle` at the same place of it. */
export function scaledRange([min, max]: Range, middle: number, factor: number): Range {
  return [middle - (middle - min) * factor, middle + (max - middle) * factor];
}

/** Index of the first x that is not below `x`. */
export function lowerBound(xs: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First and end index of the points between `min` and `max`, with one neighbour on each side. */
export function visibleIndices(xs: Float64Array, [min, max]: Range): Range {
  const end = lowerBound(xs, max);
  return [Math.max(0, lowerBound(xs, min) - 1), Math.min(xs.length, end + 1)];
}

/** Index of the point nearest to `x`, finite or not; -1 if there are no points. */
export function nearestIndex(xs: Float64Array, x: number): number {
  const after = Math.min(lowerBound(xs, x), xs.length - 1);
  return after > 0 && x - xs[after - 1]! < xs[after]! - x ? after - 1 : after;
}

/** Index of the point nearest to `x` that has a finite value; -1 if there is none. */
export function nearest(line: DrawnLine, x: number): number {
  let up = lowerBound(line.xs, x);
  let down = up - 1;
  while (up < line.xs.length && !Number.isFinite(line.ys[up])) up++;
  while (down >= 0 && !Number.isFinite(line.ys[down])) down--;
  if (up >= line.xs.length) return down;
  if (down < 0) return up;
  return line.xs[up]! - x < x - line.xs[down]! ? up : down;
}

/** The x range of all lines; a single point gets a margin on both sides. */
export function xRange(lines: DrawnLine[]): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const { xs } of lines) {
    if (xs.length === 0) continue;
    min = Math.min(min, xs[0]!);
    max = Math.max(max, xs.at(-1)!);
  }
  if (!(min <= max)) return [0, 1];
  return min === max ? [min - 0.5, max + 0.5] : [min, max];
}

/**
 * The y range of the points within `x`, with a margin; in log10 if `log`. Raw values of smoothed lines count, and the
 * edges of bands. With `clip` the range leaves out outliers.
 */
export function yRange(lines: DrawnLine[], x: Range, log: boolean, clip = false): Range {
  const [min, max] = clip ? withoutOutliers(lines, x, log) : extremes(lines, x, log);
  return withMargin(log ? Math.log10(min) : min, log ? Math.log10(max) : max);
}

function extremes(lines: DrawnLine[], x: Range, log: boolean): Range {
  let min = Infinity;
  let max = -Infinity;
  for (const line of lines) {
    const [first, end] = visibleIndices(line.xs, x);
    for (const ys of [line.raw ?? line.ys, ...(line.band ? [line.band.low, line.band.high] : [])]) {
      for (let i = first; i < end; i++) {
        const y = ys[i]!;
        if (!Number.isFinite(y) || (log && y <= 0)) continue;
        if (y < min) min = y;
        if (y > max) max = y;
      }
    }
  }
  return [min, max];
}

/** The range within three interquartile ranges of the quartiles, estimated from a sample of each line. */
function withoutOutliers(lines: DrawnLine[], x: Range, log: boolean): Range {
  const [min, max] = extremes(lines, x, log);
  const sample = lines.flatMap((line) => {
    const [first, end] = visibleIndices(line.xs, x);
    const stride = Math.max(1, Math.floor((end - first) / MAX_SAMPLE));
    return [...(line.raw ?? line.ys).subarray(first, end)].filter((y, i) => i % stride === 0 && Number.isFinite(y) && !(log && y <= 0));
  }).map((y) => (log ? Math.log10(y) : y)).sort((a, b) => a - b);
  const quantile = (share: number): number => sample[Math.round(share * (sample.length - 1))] ?? NaN;
  const reach = 3 * (quantile(0.75) - quantile(0.25));
  if (!(reach > 0)) return [min, max];
  const [low, high] = [quantile(0.25) - reach, quantile(0.75) + reach].map((y) => (log ? 10 ** y : y));
  return [Math.max(min, low!), Math.min(max, high!)];
}

function withMargin(min: number, max: number): Range {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const margin = min === max ? Math.abs(min) * 0.1 || 1 : (max - min) * 0.06;
  return [min - margin, max + margin];
}
