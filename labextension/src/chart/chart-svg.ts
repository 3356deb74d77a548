import type { Range } from './axis-ranges';
import { yRange } from './axis-ranges';
import type { XUnit } from '../model/axes';
import type { DrawnLine } from './lines';
import { mainLines } from './lines';
import type { PlotFrame } from './path';
import { axes, endValues, escape, lineMarks, text } from './svg-marks';

/** What to save of a chart: the lines as they are drawn, within the visible range of x. */
export interface SavedChart {
  title: string;
  lines: DrawnLine[];
  unit: XUnit;
  x: Range;
  log: boolean;
  clip: boolean;
  dashes: boolean;
}

const [WIDTH, HEIGHT, MARGIN, HEAD, FOOT] = [900, 480, 20, 48, 44];
const MAX_NAME_LENGTH = 28;
const CHARACTER_WIDTH = 5.6;
const COLUMN_WIDTH = 0.5; // small enough for printing

/** One chart as a standalone SVG file on a white background; all text is escaped. */
export function chartSvg({ title, lines, unit, x, log, clip, dashes }: SavedChart): { markup: string; width: number; height: number } {
  const names = mainLines(lines).map((line) => line.label.slice(0, MAX_NAME_LENGTH).length);
  const labels = (names.length > 1 ? Math.max(...names) + 9 : 9) * CHARACTER_WIDTH;
  const frame: PlotFrame = { left: 76, top: HEAD, width: WIDTH - 76 - MARGIN - labels, height: HEIGHT - HEAD - FOOT, x, y: yRange(lines, x, log, clip), log };
  const markup = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" color="#1b1f24" fill="currentColor" `
    + `font-family="system-ui,sans-serif" font-size="11"><title>${escape(title)}</title><rect width="100%" height="100%" fill="#ffffff"/>`
    + `<clipPath id="plot"><rect x="${frame.left}" y="${frame.top - 2}" width="${frame.width + 2}" height="${frame.height + 4}"/></clipPath>`
    + text(MARGIN, 28, title, 'font-size="15" font-weight="600"') + axes(frame, unit.kind === 'time', 8)
    + text(frame.left + frame.width / 2, HEIGHT - 10, unit.label, 'text-anchor="middle" fill-opacity=".72"')
    + `<g clip-path="url(#plot)">${lines.map((line) => lineMarks(frame, line, dashes, COLUMN_WIDTH)).join('')}</g>`
    + endValues(frame, lines, MAX_NAME_LENGTH) + '</svg>';
  return { markup, width: WIDTH, height: HEIGHT };
}
