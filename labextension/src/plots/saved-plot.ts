import { PALETTES } from '../chart/palette';
import { text } from '../chart/svg-marks';
import type { ChartGroup } from '../model/chart-groups';
import type { RunData } from '../model/run-data';
import { preferredStyle } from '../model/run-styles';
import { loadedTable, tableFiles } from '../tables/table-store';
import { buildPlot } from './build-plot';
import { drawPlot } from './draw-plot';
import type { Plot } from './plot-model';
import { builtInSpec } from './plot-specs';

const TITLE = 20;

/** The chart of the newest tables of a run; null if they were not loaded. */
export function loadedPlot(data: RunData, { plot: name }: ChartGroup): Plot | null {
  const header = data.plots.find(({ key }) => key === name);
  const series = data.media.find(({ key }) => key === header?.table);
  const table = series ? loadedTable(data.mediaFiles, tableFiles(series, null)) : null;
  const spec = header && builtInSpec(header.spec);
  if (!header || !spec || table === null) return null;
  return buildPlot(header, spec, [{ label: '', style: preferredStyle(data.run?.id ?? ''), table }]);
}

/** The chart as part of an SVG of several, for a light or dark page. */
export function plotPanel(title: string, plot: Plot, x: number, y: number, width: number, height: number): string {
  const { markup } = drawPlot(plot, { width, height: height - TITLE, palette: PALETTES.light, log: false, hidden: new Set() });
  return `<g transform="translate(${x} ${y})">${text(0, 11, title.slice(0, 40), 'font-size="12" font-weight="600"')}<g transform="translate(0 ${TITLE})">${markup}</g></g>`;
}
