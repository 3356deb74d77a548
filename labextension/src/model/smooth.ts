/**
 * The exponential moving average of `values` with `weight` (0 to 1) of the past, corrected for its start at zero.
 *
 * A NaN or infinity stays where it is and does not enter the average.
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  const out = new Float64Array(values.length);
  let average = 0;
  let remaining = 1; // weight ** count: the share of the average that is still the zero it began with
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      out[i] = value;
      continue;
    }
    average = average * weight + value * (1 - weight);
    remaining *= weight;
    out[i] = average / (1 - remaining);
  }
  return out;
}
