import { dash, PALETTES } from '../chart/palette';
import { escape, text } from '../chart/svg-marks';
import { drawBars, drawHistogram } from './draw-bars';
import { drawMatrices } from './draw-matrix';
import { drawPoints } from './draw-points';
import { cut } from './plot-frame';
import type { PlotDrawing, PlotView } from './plot-frame';
import type { Plot } from './plot-model';

const [WIDTH, HEIGHT, MARGIN, HEAD, LEGEND_ROW] = [900, 480, 20, 44, 20];
const MAX_LEGEND_NAME = 180;

/** A plot as SVG elements without the `svg` element around them; all text is escaped. */
export function drawPlot(plot: Plot, view: PlotView): PlotDrawing {
  if (plot.kind === 'bars') return drawBars(plot, view);
  if (plot.kind === 'histogram') return drawHistogram(plot, view);
  if (plot.kind === 'matrix') return drawMatrices(plot, view);
  return drawPoints(plot, view);
}

/** The `svg` element around a drawing; texts have the colour of the page's text. */
export function svgElement(markup: string, width: number, height: number): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" fill="currentColor" `
    + `font-family="system-ui,sans-serif" font-size="11">${markup}</svg>`;
}

/** A plot as a standalone SVG file with title and legend, on a white background. */
export function plotSvg(title: string, plot: Plot, log: boolean, hidden: ReadonlySet<number>): { markup: string; width: number; height: number } {
  const legend = legendMarks(plot, hidden);
  const height = HEIGHT - HEAD - legend.height;
  const { markup } = drawPlot(plot, { width: WIDTH - 2 * MARGIN, height, palette: PALETTES.light, log, hidden });
  const content = `<title>${escape(title)}</title><rect width="100%" height="100%" fill="#ffffff"/><g color="${PALETTES.light.ink}" fill="currentColor">`
    + text(MARGIN, 28, title, 'font-size="15" font-weight="600"') + legend.markup
    + `<g transform="translate(${MARGIN} ${HEAD + legend.height})">${markup}</g></g>`;
  return { markup: svgElement(content, WIDTH, HEIGHT), width: WIDTH, height: HEIGHT };
}

function legendMarks(plot: Plot, hidden: ReadonlySet<number>): { markup: string; height: number } {
  const visible = plot.series.filter(({ name }, i) => name !== '' && !hidden.has(i));
  if (visible.length < 2 || plot.kind === 'matrix') return { markup: '', height: 0 };
  const columns = Math.floor((WIDTH - 2 * MARGIN) / MAX_LEGEND_NAME);
  const entries = visible.map(({ name, style, dash: pattern }, i) => {
    const [x, y] = [MARGIN + (i % columns) * MAX_LEGEND_NAME, HEAD + Math.floor(i / columns) * LEGEND_ROW];
    const colour = PALETTES.light.lines[style % PALETTES.light.lines.length];
    return `<path d="M${x} ${y}h18" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash(pattern).join(' ')}"/>${text(x + 24, y + 4, cut(name, MAX_LEGEND_NAME - 32), '')}`;
  });
  return { markup: entries.join(''), height: Math.ceil(visible.length / columns) * LEGEND_ROW };
}
