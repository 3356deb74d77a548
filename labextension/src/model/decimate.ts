/** Indices of about `most` of the values between `first` and `end` that keep their shape: the lowest and the highest of each stretch. */
export function decimate(values: Float64Array, first: number, end: number, most: number): number[] {
  const count = end - first;
  if (count <= most) return Array.from({ length: count }, (_, i) => first + i);
  const buckets = Math.max(1, Math.floor(most / 2));
  const kept = new Set<number>([first]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = first + Math.floor((bucket * count) / buckets);
    const to = first + Math.floor(((bucket + 1) * count) / buckets);
    for (const i of extremes(values, from, to)) kept.add(i);
  }
  kept.add(end - 1);
  return [...kept].sort((a, b) => a - b);
}

/** Where the lowest and the highest value stand; a stretch without any keeps one gap. */
function extremes(values: Float64Array, from: number, to: number): number[] {
  let [low, high] = [-1, -1];
  for (let i = from; i < to; i++) {
    if (!Number.isFinite(values[i])) continue;
    if (low < 0 || values[i]! < values[low]!) low = i;
    if (high < 0 || values[i]! > values[high]!) high = i;
  }
  return low < 0 ? [from] : [low, high];
}
