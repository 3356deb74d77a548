import type { Palette } from '../../chart/palette';
import { heatColour } from '../../chart/palette';
import { text } from '../../chart/svg-marks';
import { formatNumber } from '../../model/format';
import { axisTitles } from '../../plots/plot-frame';
import type { HeatFigure } from './plotly-data';

const [LEFT, TOP, RIGHT, BOTTOM, SCALE] = [26, 8, 84, 26, 12];

/** A heat map as SVG elements with a scale of its colours; all text is escaped. */
export function heatMarkup({ rows, xLabel, yLabel }: HeatFigure, width: number, height: number, palette: Palette): string {
  const values = rows.flat().filter(Number.isFinite);
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const frame = { left: LEFT, top: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const [w, ht] = [frame.width / rows[0]!.length, frame.height / rows.length];
  const cells = rows.flatMap((row, y) => row.map((value, x) => (Number.isFinite(value)
    ? `<rect x="${(LEFT + x * w).toFixed(2)}" y="${(TOP + (rows.length - 1 - y) * ht).toFixed(2)}" width="${(w + 0.3).toFixed(2)}" height="${(ht + 0.3).toFixed(2)}" fill="${heatColour(palette, (value - low) / (high - low || 1))}"/>`
    : '')));
  const steps = 24;
  const scale = Array.from({ length: steps }, (_, i) =>
    `<rect x="${width - RIGHT + 12}" y="${TOP + frame.height * (1 - (i + 1) / steps)}" width="${SCALE}" height="${frame.height / steps + 0.5}" fill="${heatColour(palette, i / (steps - 1))}"/>`);
  const ends = text(width - RIGHT + 28, TOP + 9, formatNumber(Number(high.toPrecision(3))), '') + text(width - RIGHT + 28, TOP + frame.height, formatNumber(Number(low.toPrecision(3))), '');
  return cells.join('') + scale.join('') + ends + axisTitles({ ...frame, height: frame.height - 18, x: [0, 1], y: [0, 1], log: false }, xLabel, yLabel);
}
