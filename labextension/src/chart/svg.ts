import type { PlotFrame } from './path';
import { axes, endValues, escape, lineMarks, text } from './svg-marks';
import { plainLine } from '../model/format';
import type { ChartGroup } from '../model/chart-groups';
import { unitOf } from '../model/axes';
import { linesOf } from './lines';
import { xRange, yRange } from './axis-ranges';
import { Overlay } from '../model/overlay';
import type { RunData } from '../model/run-data';
import { coarsen, describeHeatmap } from '../model/heatmap';
import { trend } from '../model/trend';
import { loadedPlot, plotPanel } from '../plots/saved-plot';
import { heatmapPanel, textsPanel } from './svg-objects';

const MAX_CHARTS = 12;
const [MAX_STEPS, MAX_BINS] = [40, 16];
const [MARGIN, GAP, HEAD, TITLE] = [14, 18, 34, 34];

/**
 * A run's charts as inline SVG for a light or dark page: no script, style sheet or URL; all text is escaped.
 * `fallback` is a PNG in base64 for pages that strip SVG elements: it is in the description, which is never drawn.
 */
export function runSvg(data: RunData, fallback = ''): { markup: string; width: number; height: number } {
  const charts = Overlay.of(data).cards().flatMap((one) => one.charts).filter((chart) => chart.kind !== 'media' && (chart.kind !== 'plot' || loadedPlot(data, chart) !== null));
  charts.sort((a, b) => Number(a.kind !== undefined) - Number(b.kind !== undefined));
  const visible = charts.slice(0, MAX_CHARTS);
  const columns = visible.length === 1 ? 1 : visible.length === 2 || visible.length === 4 ? 2 : 3;
  const [chartWidth, chartHeight] = columns === 1 ? [560, 230] : columns === 2 ? [421, 200] : [274, 168];
  const width = 2 * MARGIN + columns * (chartWidth + GAP) - GAP;
  const rest = charts.slice(MAX_CHARTS).reduce((sum, chart) => sum + chart.keys.length, 0);
  const height = HEAD + Math.ceil(visible.length / columns) * (chartHeight + GAP) + (rest > 0 ? 14 : 0);
  const parts = visible.map((chart, i) =>
    panel(data, chart, MARGIN + (i % columns) * (chartWidth + GAP), HEAD + Math.floor(i / columns) * (chartHeight + GAP), chartWidth, chartHeight));
  if (rest > 0) parts.push(text(width / 2, height - 6, `+${rest} more metrics`, 'text-anchor="middle" fill-opacity=".72"'));
  const description = visible.map((chart) => describe(data, chart)).filter(Boolean).join('; ');
  const markup = `<svg role="img" aria-label="${escape(headline(data))}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" `
    + `style="max-width:100%;height:auto;font-family:system-ui,sans-serif" font-size="10" fill="currentColor">`
    + `<title>${escape(headline(data))}</title><desc>${fallback === '' ? escape(description) : image(fallback, description, width)}</desc>`
    + text(MARGIN, 21, headline(data), 'font-size="13" font-weight="600"') + parts.join('\n') + '</svg>';
  return { markup, width, height };
}

function image(png: string, alt: string, width: number): string {
  return `<img alt="${escape(alt)}" width="${width}" style="max-width:100%" src="data:image/png;base64,${png}">`;
}

/** A line with the name and state of a run. */
export function headline(data: RunData): string {
  const { run } = data;
  if (run === null) return '';
  const state = run.exitCode ? `${run.state} (exit code ${run.exitCode})` : run.state;
  return plainLine([run.name || run.id, state, run.project, run.rows > 0 ? `step ${run.step}` : 'no rows yet'].filter(Boolean).join(' · '));
}

function describe(data: RunData, { kind, keys }: ChartGroup): string {
  const heatmap = kind === 'heatmap' ? data.heatmaps.find(({ key }) => key === keys[0]) : undefined;
  return heatmap ? describeHeatmap(heatmap) : keys.map((key) => trend(data, key)).filter(Boolean).join('; ');
}

function panel(data: RunData, chart: ChartGroup, x: number, y: number, width: number, height: number): string {
  const heatmap = chart.kind === 'heatmap' ? data.heatmaps.find(({ key }) => key === chart.keys[0]) : undefined;
  if (heatmap) return heatmapPanel(coarsen(heatmap, MAX_STEPS, MAX_BINS), x, y, width, height);
  const texts = chart.kind === 'texts' ? data.texts.find(({ key }) => key === chart.keys[0]) : undefined;
  if (texts) return textsPanel(texts, x, y, width, height);
  const plot = chart.kind === 'plot' ? loadedPlot(data, chart) : null;
  if (plot) return plotPanel(chart.title, plot, x, y, width, height);
  const overlay = Overlay.of(data);
  const unit = unitOf(overlay, chart, 'auto');
  const lines = linesOf(overlay, chart, { unit });
  const range = xRange(lines);
  const frame: PlotFrame = {
    left: x + 40, top: y + TITLE, width: width - 40 - 66, height: height - TITLE - 16, x: range, y: yRange(lines, range, false), log: false,
  };
  return `<g>${text(x, y + 11, chart.title.slice(0, 40), 'font-size="12" font-weight="600"')}${axes(frame)}`
    + `${lines.map((line) => lineMarks(frame, line)).join('')}${endValues(frame, lines)}</g>`;
}
