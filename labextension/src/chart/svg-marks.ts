import { formatDuration, formatNumber, plainLine, tickLabels } from '../model/format';
import { nearest } from './axis-ranges';
import type { DrawnLine } from './lines';
import { mainLines } from './lines';
import { dash, PALETTES } from './palette';
import type { Area, PlotFrame } from './path';
import { bandAreas, edgeMarks, lineForm, minMaxAreas, separateLabels, toY, traceLogged, tracePath, visiblePoints } from './path';
import { logLabels, logTicks, ticks, timeTicks } from './ticks';

const COLOURS = PALETTES.light.lines;

export function escape(value: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return plainLine(value).replace(/[&<>"']/g, (character) => entities[character]!);
}

/** Grid lines and tick labels; `time` labels the x axis as durations. */
export function axes(frame: PlotFrame, time = false, columnCount = 4): string {
  const rows = frame.log ? logTicks(frame.y, 4).map((power) => 10 ** power) : ticks(frame.y, 4);
  const columns = time ? timeTicks(frame.x, columnCount) : ticks(frame.x, columnCount);
  const [right, bottom] = [frame.left + frame.width, frame.top + frame.height];
  const gridLines = rows.map((value) => {
    const at = toY(frame, value).toFixed(1);
    return `<line x1="${frame.left}" y1="${at}" x2="${right}" y2="${at}" stroke="currentColor" stroke-opacity=".15"/>`;
  });
  const rowLabels = frame.log ? logLabels(rows.map(Math.log10)) : tickLabels(rows);
  const labels = rowLabels.map((label, i) => text(frame.left - 5, toY(frame, rows[i]!) + 3, label, 'text-anchor="end" fill-opacity=".72"'));
  const below = (time ? columns.map(formatDuration) : tickLabels(columns)).map((label, i) => {
    const at = frame.left + ((columns[i]! - frame.x[0]) / (frame.x[1] - frame.x[0])) * frame.width;
    return text(at, bottom + 13, label, 'text-anchor="middle" fill-opacity=".72"');
  });
  return [...gridLines, ...labels, ...below].join('');
}

/**
 * A line as paths: its band, an area if it is decimated, the logged values behind a smoothed line, marks for what it cannot show. Points
 * within `columnWidth` become one stroke.
 */
export function lineMarks(frame: PlotFrame, line: DrawnLine, dashed = false, columnWidth = 2): string {
  const colour = COLOURS[line.style % COLOURS.length]!;
  const logged = line.raw ?? line.ys;
  const opacity = line.faint ? 0.4 : 1;
  const form = lineForm(line);
  const parts: string[] = line.band ? [band(frame, line.xs, line.band, colour)] : [];
  if (form === 'area') parts.push(areas(frame, line, logged, colour, line.raw ? 0.3 : opacity));
  else if (form === 'points') parts.push(dots(visiblePoints(frame, line, logged), colour, opacity));
  else if (line.raw) parts.push(polyline(frame, line, 'raw', colour, 0.3, '', columnWidth));
  if (form === 'path' || (form === 'area' && line.raw)) parts.push(polyline(frame, line, 'ys', colour, opacity, dash(line.dash, dashed).join(' '), columnWidth));
  const marks = line.faint || line.band ? [] : edgeMarks(frame, line, 1);
  return parts.join('') + marks.map(({ x, y, symbol }) => text(x, y + 3, symbol, `text-anchor="middle" fill="${colour}"`)).join('');
}

function band(frame: PlotFrame, xs: Float64Array, edges: { low: Float64Array; high: Float64Array }, colour: string): string {
  return `<path d="${areaPath(bandAreas(frame, xs, edges))}" fill="${colour}" fill-opacity=".2"/>`;
}

function areaPath(parts: Area[]): string {
  const point = ([x, y]: [number, number]): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return parts.map(({ upper, lower }) => `M${[...upper, ...lower.reverse()].map(point).join('L')}Z`).join('');
}

function areas(frame: PlotFrame, line: DrawnLine, ys: Float64Array, colour: string, opacity: number): string {
  return `<path d="${areaPath(minMaxAreas(frame, line, ys))}" fill="${colour}" fill-opacity=".35" stroke="${colour}"${opacity < 1 ? ` opacity="${opacity}"` : ''}/>`;
}

function polyline(frame: PlotFrame, line: DrawnLine, column: 'ys' | 'raw', colour: string, opacity: number, dashes: string, columnWidth: number): string {
  let path = '';
  const sink = {
    moveTo: (x: number, y: number): void => void (path += `M${x.toFixed(1)} ${y.toFixed(1)}`),
    lineTo: (x: number, y: number): void => void (path += `L${x.toFixed(1)} ${y.toFixed(1)}`),
  };
  const { trace } = line;
  const isolated = trace ? traceLogged(sink, frame, trace.xs, trace[column]!, columnWidth) : tracePath(sink, frame, line, line[column]!, columnWidth);
  const attributes = opacity < 1 ? ` opacity="${opacity}"` : '';
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round" stroke-dasharray="${dashes}"${attributes}/>${dots(isolated, colour, opacity)}`;
}

function dots(pixels: [x: number, y: number][], colour: string, opacity: number): string {
  const attributes = opacity < 1 ? ` opacity="${opacity}"` : '';
  return pixels.map(([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5" fill="${colour}"${attributes}/>`).join('');
}

/** The latest values and names at the ends of the main lines, and the attempt of each line. */
export function endValues(frame: PlotFrame, lines: DrawnLine[], maxName = 6): string {
  const main = mainLines(lines);
  const labels = lines.flatMap((line) => {
    const last = nearest(line, frame.x[1]);
    if (last < 0) return [];
    const at = toY(frame, line.ys[last]!);
    const name = main.length > 1 ? ` ${line.label.slice(0, maxName)}` : '';
    const value = { at, content: formatNumber(line.ys[last]!) + name, paint: `fill="${COLOURS[line.style % COLOURS.length]}"` };
    const label = { at, content: line.endLabel, paint: 'fill-opacity=".72"' };
    return [...(line.faint ? [] : [value]), ...(line.endLabel === '' ? [] : [label])];
  });
  const heights = separateLabels(labels.map(({ at }) => at), 11, frame.top, frame.top + frame.height);
  return labels.map(({ content, paint }, n) => text(frame.left + frame.width + 5, heights[n]! + 3, content, paint)).join('');
}

export function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}
