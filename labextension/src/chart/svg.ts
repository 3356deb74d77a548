import { dash, PALETTES } from './palette';
import type { PlotFrame } from './path';
import { separateLabels, toY, tracePath } from './path';
import { formatNumber, plainLine, tickLabels } from '../model/format';
import type { ChartGroup } from '../model/chart-groups';
import type { Line } from './lines';
import { linesOf, mainLines, unitOf } from './lines';
import { nearest, xRange, yRange } from './axis-ranges';
import { Overlay } from '../model/overlay';
import type { RunData } from '../model/run-data';
import { ticks } from './ticks';
import { trend } from '../model/trend';

const MAX_CHARTS = 12;
const [MARGIN, GAP, HEAD, TITLE] = [14, 18, 34, 34];
const COLOURS = PALETTES.light.lines;

/**
 * A run's charts as inline SVG for a light or dark page: no script, style sheet or URL; all text is escaped.
 * `fallback` is a PNG in base64 for pages that strip SVG elements: it is in the description, which is never drawn.
 */
export function runSvg(data: RunData, fallback = ''): { markup: string; width: number; height: number } {
  const charts = Overlay.of(data).sections().flatMap((one) => one.charts);
  const visible = charts.slice(0, MAX_CHARTS);
  const columns = visible.length === 1 ? 1 : visible.length === 2 || visible.length === 4 ? 2 : 3;
  const [chartWidth, chartHeight] = columns === 1 ? [560, 230] : columns === 2 ? [421, 200] : [274, 168];
  const width = 2 * MARGIN + columns * (chartWidth + GAP) - GAP;
  const rest = charts.slice(MAX_CHARTS).reduce((sum, chart) => sum + chart.keys.length, 0);
  const height = HEAD + Math.ceil(visible.length / columns) * (chartHeight + GAP) + (rest > 0 ? 14 : 0);
  const parts = visible.map((chart, i) =>
    panel(data, chart, MARGIN + (i % columns) * (chartWidth + GAP), HEAD + Math.floor(i / columns) * (chartHeight + GAP), chartWidth, chartHeight));
  if (rest > 0) parts.push(text(width / 2, height - 6, `+${rest} more metrics`, 'text-anchor="middle" fill-opacity=".72"'));
  const description = visible.flatMap((chart) => chart.keys).map((key) => trend(data, key)).filter(Boolean).join('; ');
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

export function escape(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return plainLine(value).replace(/[&<>"']/g, (character) => entities[character]!);
}

function panel(data: RunData, chart: ChartGroup, x: number, y: number, width: number, height: number): string {
  const overlay = Overlay.of(data);
  const lines = linesOf(overlay, chart, unitOf(overlay, chart, 'metric'), 0);
  const range = xRange(lines);
  const frame: PlotFrame = {
    left: x + 40, top: y + TITLE, width: width - 40 - 66, height: height - TITLE - 16, x: range, y: yRange(lines, range, false), log: false,
  };
  return `<g>${text(x, y + 11, chart.title.slice(0, 40), 'font-size="12" font-weight="600"')}${axes(frame)}`
    + `${lines.map((line) => polyline(frame, line)).join('')}${ends(frame, lines)}</g>`;
}

function axes(frame: PlotFrame): string {
  const rows = ticks(frame.y, 4);
  const columns = ticks(frame.x, 4);
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  const gridLines = rows.map((value) => {
    const at = toY(frame, value).toFixed(1);
    return `<line x1="${frame.left}" y1="${at}" x2="${right}" y2="${at}" stroke="currentColor" stroke-opacity=".15"/>`;
  });
  const labels = tickLabels(rows).map((label, i) => text(frame.left - 5, toY(frame, rows[i]!) + 3, label, 'text-anchor="end" fill-opacity=".72"'));
  const below = tickLabels(columns).map((label, i) => {
    const at = frame.left + ((columns[i]! - frame.x[0]) / (frame.x[1] - frame.x[0])) * frame.width;
    return text(at, bottom + 13, label, 'text-anchor="middle" fill-opacity=".72"');
  });
  return [...gridLines, ...labels, ...below].join('');
}

function polyline(frame: PlotFrame, line: Line): string {
  let path = '';
  const sink = {
    moveTo: (x: number, y: number): void => void (path += `M${x.toFixed(1)} ${y.toFixed(1)}`),
    lineTo: (x: number, y: number): void => void (path += `L${x.toFixed(1)} ${y.toFixed(1)}`),
  };
  const isolated = tracePath(sink, frame, line, line.ys, 2);
  const colour = COLOURS[line.style % COLOURS.length];
  const dashes = dash(line.dash).join(' ');
  const faint = line.faint ? ' opacity=".4"' : '';
  const dots = isolated.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5" fill="${colour}"${faint}/>`).join('');
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="${dashes}"${faint}/>${dots}`;
}

/** The latest values and names at the ends of the main lines, and the attempt of each line. */
function ends(frame: PlotFrame, lines: Line[]): string {
  const main = mainLines(lines);
  const labels = lines.flatMap((line) => {
    const last = nearest(line, frame.x[1]);
    if (last < 0) return [];
    const at = toY(frame, line.ys[last]!);
    const name = main.length > 1 ? ` ${line.label.slice(0, 6)}` : '';
    const value = { at, content: formatNumber(line.ys[last]!) + name, paint: `fill="${COLOURS[line.style % COLOURS.length]}"` };
    const label = { at, content: line.endLabel, paint: 'fill-opacity=".72"' };
    return [...(line.faint ? [] : [value]), ...(line.endLabel === '' ? [] : [label])];
  });
  const heights = separateLabels(labels.map(({ at }) => at), 11, frame.top, frame.top + frame.height);
  return labels.map(({ content, paint }, n) => text(frame.left + frame.width + 5, heights[n]! + 3, content, paint)).join('');
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}
