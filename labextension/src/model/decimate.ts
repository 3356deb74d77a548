/** Indices of about `maxCount` values between `first` and `end` that keep the shape: the minimum and maximum of each bucket. */
export function decimate(values: Float64Array, first: number, end: number, maxCount: number): number[] {
  const count = end - first;
  if (count <= maxCount) return Array.from({ length: count }, (_, i) => first + i);
  const buckets = Math.max(1, Math.floor(maxCount / 2));
  const indices = new Set<number>([first]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = first + Math.floor((bucket * count) / buckets);
    const to = first + Math.floor(((bucket + 1) * count) / buckets);
    for (const i of extremes(values, from, to)) indices.add(i);
  }
  indices.add(end - 1);
  return [...indices].sort((a, b) => a - b);
}

/** Indices of the minimum and the maximum; a bucket without finite values gives its first index, a gap. */
function extremes(values: Float64Array, from: number, to: number): number[] {
  let [low, high] = [-1, -1];
  for (let i = from; i < to; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (low < 0 || values[i]! < values[low]!) low = i;
    if (high < 0 || values[i]! > values[high]!) high = i;
  }
  return low < 0 ? [from] : [low, high];
}
