import { formatNumber, tickLabels } from '../model/format';
import type { Heatmap } from '../model/heatmap';
import { binCount, shades } from '../model/heatmap';
import type { TextSeries } from '../wire/messages';
import { shadeOf } from './heatmap-plot';
import { PALETTES } from './palette';
import { text } from './svg-marks';
import { ticks } from './ticks';

/** Shades of one colour, by opacity, which work on a light and on a dark page. */
const LEVELS = 5;
const COLOUR = PALETTES.light.lines[0]!;
const SOFT = 'fill-opacity=".72"';
const [AXIS_COLUMN, SCALE_COLUMN, TITLE, AXIS_ROW] = [40, 46, 20, 16];
const [TEXT_ROW, STEP_COLUMN, CHARACTER_WIDTH] = [14, 44, 5.6];

/** A heat map as part of an SVG, with the values of its lowest and highest shade. */
export function heatmapPanel(heatmap: Heatmap, x: number, y: number, width: number, height: number): string {
  const [left, top, right, bottom] = [x + AXIS_COLUMN, y + TITLE, x + width - SCALE_COLUMN, y + height - AXIS_ROW];
  const xs = columnEdges(heatmap.step);
  const toX = (value: number): number => left + ((value - xs[0]!) / (xs.at(-1)! - xs[0]!)) * (right - left);
  const [low, high] = [heatmap.edges[0]!, heatmap.edges.at(-1)!];
  const toY = (value: number): number => bottom - ((value - low) / (high - low)) * (bottom - top);
  const { values, min, max } = shades(heatmap);
  const paths = Array.from({ length: LEVELS }, () => '');
  const bins = binCount(heatmap);
  values.forEach((value, cell) => {
    if (!Number.isFinite(value) || (heatmap.kind === 'histogram' && value === 0)) return;
    const level = Math.max(0, Math.min(LEVELS - 1, Math.ceil(shadeOf(heatmap, value, min, max) * LEVELS) - 1));
    const [i, j] = [Math.floor(cell / bins), cell % bins];
    const [from, to] = [toX(xs[i]!).toFixed(1), toX(xs[i + 1]!).toFixed(1)];
    const [above, below] = [toY(heatmap.edges[j + 1]!).toFixed(1), toY(heatmap.edges[j]!).toFixed(1)];
    paths[level] += `M${from} ${above}H${to}V${below}H${from}z`;
  });
  const cells = paths.map((path, level) => `<path d="${path}" fill="${COLOUR}" fill-opacity="${(level + 1) / LEVELS}" shape-rendering="crispEdges"/>`).join('');
  const percent = heatmap.kind === 'histogram';
  const label = (value: number): string => formatNumber(Number((percent ? value * 100 : value).toPrecision(3))) + (percent ? ' %' : '');
  const [rows, columns] = [ticks([low, high], 4, heatmap.kind === 'list'), ticks([xs[0]!, xs.at(-1)!], 4, true)];
  return `<g>${title(heatmap.key, x, y)}${cells}`
    + tickLabels(rows).map((name, n) => text(left - 5, toY(rows[n]!) + 3, name, `text-anchor="end" ${SOFT}`)).join('')
    + tickLabels(columns).map((name, n) => text(toX(columns[n]!), bottom + 13, name, `text-anchor="middle" ${SOFT}`)).join('')
    + text(right + 6, top + 8, label(max), SOFT) + text(right + 6, bottom, label(min), SOFT) + '</g>';
}

/** The last texts as part of an SVG, newest first. */
export function textsPanel({ key, rows }: TextSeries, x: number, y: number, width: number, height: number): string {
  const lines = rows.toReversed().slice(0, Math.floor((height - TITLE) / TEXT_ROW)).map((row, n) => {
    const baseline = y + TITLE + (n + 1) * TEXT_ROW;
    const content = row.text.slice(0, Math.floor((width - STEP_COLUMN) / CHARACTER_WIDTH));
    return text(x + STEP_COLUMN - 8, baseline, formatNumber(row.step), `text-anchor="end" ${SOFT}`) + text(x + STEP_COLUMN, baseline, content, '');
  });
  return `<g>${title(key, x, y)}${lines.join('')}</g>`;
}

function title(name: string, x: number, y: number): string {
  return text(x, y + 11, name.slice(0, 40), 'font-size="12" font-weight="600"');
}

/** The edges of the columns of steps, halfway between neighbours. */
function columnEdges(steps: Float64Array): number[] {
  if (steps[0] === steps.at(-1)) return Array.from({ length: steps.length + 1 }, (_, i) => steps[0]! - 0.5 + i / steps.length);
  const middles = Array.from(steps.slice(1), (step, i) => (steps[i]! + step) / 2);
  return [2 * steps[0]! - middles[0]!, ...middles, 2 * steps.at(-1)! - middles.at(-1)!];
}
