import { formatNumber } from '../model/format';
import { ownValue } from '../model/own-value';
import type { MediaRow, MediaSeries } from '../wire/messages';

const NAMES: Record<string, string> = { image: 'picture', audio: 'sound', html: 'HTML page', object3D: '3D object' };

/** What a metric has at its last step, as `newest_media` in Python: "4 pictures at step 20"; empty without media. */
export function newestMedia({ rows }: MediaSeries): string {
  const row = rows.at(-1);
  if (row === undefined) return '';
  const kinds = row.files.map(({ kind }) => ownValue(NAMES, kind) ?? kind);
  const names = [...new Set(kinds)];
  const others = Math.max(0, (row.count ?? 0) - kinds.length);
  const counts = names.map((kind) => {
    const count = kinds.filter((one) => one === kind).length + (names.length === 1 ? others : 0);
    return `${count} ${kind}${count > 1 ? 's' : ''}`;
  });
  if (others > 0 && names.length > 1) counts.push(`${others} more`);
  return `${counts.join(', ')} at step ${formatNumber(row.step)}`;
}

/** All steps at which these metrics have media, ascending. */
export function mediaSteps(series: readonly MediaSeries[]): number[] {
  const steps = new Set(series.flatMap(({ rows }) => rows.map((row) => row.step)));
  return [...steps].sort((a, b) => a - b);
}

/** What a metric shows at `step`: its last media up to there, else its first; its newest media for null. */
export function rowAt(series: MediaSeries, step: number | null): MediaRow | undefined {
  if (step === null) return series.rows.at(-1);
  return series.rows.findLast((row) => row.step <= step) ?? series.rows[0];
}

/** The step `count` places after `from`, null for the last one, so that a view then follows the run. */
export function stepAfter(steps: readonly number[], from: number | null, count: number): number | null {
  const at = indexOf(steps, from) + count;
  return at >= steps.length - 1 ? null : (steps[Math.max(0, at)] ?? null);
}

/** The place of a step among `steps`, that of the last one for null. */
export function indexOf(steps: readonly number[], step: number | null): number {
  const last = steps.length - 1;
  return step === null ? last : Math.max(0, steps.findLastIndex((one) => one <= step));
}

export function stepText({ step }: MediaRow): string {
  return `step ${formatNumber(step)}`;
}
