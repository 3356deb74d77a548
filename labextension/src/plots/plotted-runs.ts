import type { ChartGroup } from '../model/chart-groups';
import type { OverlaidRun } from '../model/overlay';
import { tableFiles } from '../tables/table-store';
import type { ChartContext } from '../view/charts/view-state';
import type { MediaFile, PlotHeader } from '../wire/messages';

/** A run that has a chart, and the files of its table at the chosen step. */
export interface PlottedRun {
  run: OverlaidRun;
  header: PlotHeader;
  files: MediaFile[];
}

/** The visible runs that have this chart and its table. */
export function plottedRuns({ overlay, state }: ChartContext, { plot: name }: ChartGroup): PlottedRun[] {
  return overlay.primaryRuns.flatMap((run) => {
    const header = run.data.plots.find(({ key }) => key === name);
    const series = header && run.data.media.find(({ key }) => key === header.table);
    const files = series ? tableFiles(series, state.mediaStep) : [];
    return header && files.length > 0 && !run.hidden ? [{ run, header, files }] : [];
  });
}
