/**
 * The exponential moving average of `values` with `weight` (0 to 1) of the past, corrected for its start at zero.
 *
 * NaN and infinities are kept and do not enter the average.
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let remaining = 1; // weight ** count: the share of the initial zero in the average
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      smoothed[i] = value;
      continue;
    }
    average = average * weight + value * (1 - weight);
    remaining *= weight;
    smoothed[i] = average / (1 - remaining);
  }
  return smoothed;
}
