import { dash, PALETTES } from './palette';
import type { Frame } from './path';
import { spread, toY, trace } from './path';
import { number, plainLine, tickLabels } from '../model/format';
import type { ChartGroup } from '../model/groups';
import type { Line } from '../model/lines';
import { linesOf, strong, unitOf } from '../model/lines';
import { nearest, xRange, yRange } from '../model/range';
import { Overlay } from '../model/overlay';
import type { RunData } from '../model/store';
import { ticks } from '../model/ticks';
import { trend } from '../model/trend';

const MOST_CHARTS = 12;
const [MARGIN, GAP, HEAD, TITLE] = [14, 18, 34, 34];
const COLOURS = PALETTES.light.lines;

/**
 * A run's charts as inline SVG for a page, light or dark: no script, style sheet or address; texts are escaped.
 * `instead` is the base64 of a PNG for pages that take SVG's elements out: it lies in the description, which is never drawn.
 */
export function svg(data: RunData, instead = ''): { markup: string; width: number; height: number } {
  const charts = Overlay.of(data).sections().flatMap((one) => one.charts);
  const shown = charts.slice(0, MOST_CHARTS);
  const columns = shown.length === 1 ? 1 : shown.length === 2 || shown.length === 4 ? 2 : 3;
  const [cell, tall] = columns === 1 ? [560, 230] : columns === 2 ? [421, 200] : [274, 168];
  const width = 2 * MARGIN + columns * (cell + GAP) - GAP;
  const rest = charts.slice(MOST_CHARTS).reduce((sum, chart) => sum + chart.keys.length, 0);
  const height = HEAD + Math.ceil(shown.length / columns) * (tall + GAP) + (rest > 0 ? 14 : 0);
  const parts = shown.map((chart, i) =>
    panel(data, chart, MARGIN + (i % columns) * (cell + GAP), HEAD + Math.floor(i / columns) * (tall + GAP), cell, tall));
  if (rest > 0) parts.push(text(width / 2, height - 6, `+${rest} more metrics`, 'text-anchor="middle" fill-opacity=".72"'));
  const words = shown.flatMap((chart) => chart.keys).map((key) => trend(data, key)).filter(Boolean).join('; ');
  const markup = `<svg role="img" aria-label="${escape(headline(data))}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" `
    + `style="max-width:100%;height:auto;font-family:system-ui,sans-serif" font-size="10" fill="currentColor">`
    + `<title>${escape(headline(data))}</title><desc>${instead === '' ? escape(words) : image(instead, words, width)}</desc>`
    + text(MARGIN, 21, headline(data), 'font-size="13" font-weight="600"') + parts.join('\n') + '</svg>';
  return { markup, width, height };
}

function image(png: string, alt: string, width: number): string {
  return `<img alt="${escape(alt)}" width="${width}" style="max-width:100%" src="data:image/png;base64,${png}">`;
}

/** The line that names a run and how it stands. */
export function headline(data: RunData): string {
  const { run } = data;
  if (run === null) return '';
  const state = run.exitCode ? `${run.state} (exit code ${run.exitCode})` : run.state;
  return plainLine([run.name || run.id, state, run.project, run.rows > 0 ? `step ${run.step}` : 'no rows yet'].filter(Boolean).join(' · '));
}

export function escape(value: string): string {
  const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return plainLine(value).replace(/[&<>"']/g, (mark) => marks[mark]!);
}

function panel(data: RunData, chart: ChartGroup, x: number, y: number, width: number, height: number): string {
  const overlay = Overlay.of(data);
  const lines = linesOf(overlay, chart, unitOf(overlay, chart, 'metric'), 0);
  const range = xRange(lines);
  const frame: Frame = {
    left: x + 40, top: y + TITLE, width: width - 40 - 66, height: height - TITLE - 16, x: range, y: yRange(lines, range, false), log: false,
  };
  return `<g>${text(x, y + 11, chart.title.slice(0, 40), 'font-size="12" font-weight="600"')}${axes(frame)}`
    + `${lines.map((line) => polyline(frame, line)).join('')}${ends(frame, lines)}</g>`;
}

function axes(frame: Frame): string {
  const rows = ticks(frame.y, 4);
  const columns = ticks(frame.x, 4);
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  const rules = rows.map((value) => {
    const at = toY(frame, value).toFixed(1);
    return `<line x1="${frame.left}" y1="${at}" x2="${right}" y2="${at}" stroke="currentColor" stroke-opacity=".15"/>`;
  });
  const labels = tickLabels(rows).map((label, i) => text(frame.left - 5, toY(frame, rows[i]!) + 3, label, 'text-anchor="end" fill-opacity=".72"'));
  const below = tickLabels(columns).map((label, i) => {
    const at = frame.left + ((columns[i]! - frame.x[0]) / (frame.x[1] - frame.x[0])) * frame.width;
    return text(at, bottom + 13, label, 'text-anchor="middle" fill-opacity=".72"');
  });
  return [...rules, ...labels, ...below].join('');
}

function polyline(frame: Frame, line: Line): string {
  let path = '';
  const pen = {
    moveTo: (x: number, y: number): void => void (path += `M${x.toFixed(1)} ${y.toFixed(1)}`),
    lineTo: (x: number, y: number): void => void (path += `L${x.toFixed(1)} ${y.toFixed(1)}`),
  };
  const single = trace(pen, frame, line, line.ys, 2);
  const paint = COLOURS[line.style % COLOURS.length];
  const dashes = dash(line.dash).join(' ');
  const faint = line.faint ? ' opacity=".4"' : '';
  const dots = single.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5" fill="${paint}"${faint}/>`).join('');
  return `<path d="${path}" fill="none" stroke="${paint}" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="${dashes}"${faint}/>${dots}`;
}

/** The newest values and names at the ends of the strong lines, and which attempt each line is. */
function ends(frame: Frame, lines: Line[]): string {
  const newest = strong(lines);
  const labels = lines.flatMap((line) => {
    const last = nearest(line, frame.x[1]);
    if (last < 0) return [];
    const at = toY(frame, line.ys[last]!);
    const name = newest.length > 1 ? ` ${line.label.slice(0, 6)}` : '';
    const value = { at, words: number(line.ys[last]!) + name, paint: `fill="${COLOURS[line.style % COLOURS.length]}"` };
    const mark = { at, words: line.mark, paint: 'fill-opacity=".72"' };
    return [...(line.faint ? [] : [value]), ...(line.mark === '' ? [] : [mark])];
  });
  const heights = spread(labels.map(({ at }) => at), 11, frame.top, frame.top + frame.height);
  return labels.map(({ words, paint }, n) => text(frame.left + frame.width + 5, heights[n]! + 3, words, paint)).join('');
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(words)}</text>`;
}
