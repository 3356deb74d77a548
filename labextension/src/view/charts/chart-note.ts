import type { Range } from '../../chart/axis-ranges';
import type { Line } from '../../chart/lines';
import { attemptName, mainLines } from '../../chart/lines';
import { lineForm } from '../../chart/path';
import type { XUnit } from '../../model/axes';
import { formatNumber } from '../../model/format';

/** What a note about a chart depends on, besides its lines. */
export interface NoteOptions {
  unit: XUnit;
  zoom: Range | null;
  clipped: boolean;
  isComparison: boolean;
}

/** What a chart does not show by itself: the attempt, the x axis if it is not the step, and which points are not drawn. */
export function chartNote(lines: Line[], { unit, zoom, clipped, isComparison }: NoteOptions): string {
  const attempt = Math.max(...lines.map((line) => line.attempt));
  return [
    !isComparison && lines.some((line) => line.attempt < attempt) ? attemptName(attempt) : '',
    unit.kind === 'step' ? '' : unit.label,
    rowsNote(mainLines(lines), unit, zoom),
    clipped ? 'outliers clipped' : '',
  ].filter(Boolean).join(' · ');
}

/** Which of the logged points are drawn, if not all, and whether more of them can be. */
function rowsNote(lines: Line[], unit: XUnit, zoom: Range | null): string {
  const partial = lines.filter((line) => line.series.decimated);
  if (partial.length === 0) return '';
  const missing = partial.filter(({ run, key }) => zoom !== null && run.data.ranges.get(key, unit, zoom) === null);
  if (missing.some(({ run }) => run.data.ranges.load !== null)) return 'loading rows …';
  return missing.length > 0 ? `${pointsForm(partial)}, rows not saved` : pointsNote(partial);
}

function pointsForm(lines: Line[]): string {
  return lines.every((line) => lineForm(line) === 'area') ? 'min-max' : 'some';
}

function pointsNote(lines: Line[]): string {
  const logged = Math.max(...lines.map((line) => line.decimatedFrom));
  if (logged === 0) return 'sample of the points';
  return `${pointsForm(lines)} of ${formatNumber(logged)} points`;
}
