import type { RunPoint } from '../model/point-versions';
import type { LinePoint } from './chart';
import { seriesIndex } from './lines';

/** The step and attempt of a point of a line, whatever its x axis is. */
export function runPoint({ line, index }: LinePoint): RunPoint {
  const { series, attempt } = line;
  const at = seriesIndex(line, index);
  const start = series.attempts().find((range) => range.first <= at && at < range.end)?.first ?? at;
  return { step: series.step.at(at), attempt, attemptStart: series.step.at(start) };
}
