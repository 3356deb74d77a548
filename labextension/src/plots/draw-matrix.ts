import { heatColour } from '../chart/palette';
import { text } from '../chart/svg-marks';
import { formatNumber } from '../model/format';
import type { PlotDrawing, PlotTarget, PlotView } from './plot-frame';
import { axisTitles, cut, nameMarks, plotFrame } from './plot-frame';
import type { MatrixPlot } from './plot-model';

const [TITLE_PX, GAP_PX] = [16, 16];
const [MIN_CELL_WIDTH, MIN_CELL_HEIGHT] = [22, 13];
const MAX_MATRICES = 4;
const [CHARACTER_PX, MAX_LABEL_SHARE] = [6, 0.25];
/** From this shade on a light text is legible on a light page, a dark one on a dark page. */
const STRONG_SHADE = 0.55;

/** Matrices of counts, one for each run beside one another, shaded by the share of the largest count. */
export function drawMatrices(plot: MatrixPlot, view: PlotView): PlotDrawing {
  const visible = plot.series.filter((_, i) => !view.hidden.has(i)).slice(0, MAX_MATRICES);
  const labels = Math.max(0, ...plot.labels.map((label) => label.length)) * CHARACTER_PX;
  const column = Math.min(labels, view.width * MAX_LABEL_SHARE);
  const width = (view.width - column - GAP_PX * (visible.length - 1)) / Math.max(1, visible.length);
  const parts = visible.map((one, i) => {
    const left = i === 0 ? 0 : column + i * (width + GAP_PX);
    return drawMatrix(plot, one, { ...view, width: i === 0 ? width + column : width }, left, i === 0 ? column : 0);
  });
  return { markup: parts.map(({ markup }) => markup).join(''), targets: parts.flatMap(({ targets }) => targets) };
}

function drawMatrix({ labels, xLabel, yLabel }: MatrixPlot, { name, counts }: MatrixPlot['series'][number], view: PlotView, offset: number, labelPx: number): PlotDrawing {
  const title = name === '' ? 0 : TITLE_PX;
  const whole = plotFrame(view, [0, labels.length], [0, labels.length], labelPx);
  const frame = { ...whole, top: whole.top + title, height: whole.height - title };
  const [cellWidth, cellHeight] = [frame.width / labels.length, frame.height / labels.length];
  const max = Math.max(1e-300, ...counts);
  const targets: PlotTarget[] = [];
  const cells = Array.from(counts, (count, at) => {
    const [row, column] = [Math.floor(at / labels.length), at % labels.length];
    const [left, top, shade] = [frame.left + column * cellWidth, frame.top + row * cellHeight, Math.sqrt(Math.max(0, count) / max)];
    const words = [name, `${yLabel} ${labels[row]}`, `${xLabel} ${labels[column]}`, formatNumber(count)].filter(Boolean).join(' · ');
    const box = { left: offset + left, top, width: cellWidth, height: cellHeight };
    targets.push({ x: box.left + cellWidth / 2, y: top + cellHeight / 2, box, text: words });
    const label = cellWidth >= MIN_CELL_WIDTH && cellHeight >= MIN_CELL_HEIGHT
      ? text(left + cellWidth / 2, top + cellHeight / 2 + 4, cut(formatNumber(count), cellWidth), `text-anchor="middle" fill="${shade > STRONG_SHADE ? view.palette.background : view.palette.ink}"`) : '';
    return `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${Math.max(0.5, cellWidth - 1).toFixed(1)}" height="${Math.max(0.5, cellHeight - 1).toFixed(1)}" fill="${heatColour(view.palette, count > 0 ? 0.12 + 0.88 * shade : 0.04)}"/>${label}`;
  });
  const every = Math.ceil(12 / cellHeight);
  const rows = labels.map((label, i) => (labelPx > 0 && i % every === 0 ? text(frame.left - 5, frame.top + (i + 0.5) * cellHeight + 3.5, cut(label, labelPx + 6), 'text-anchor="end" fill-opacity=".72"') : ''));
  const heading = name === '' ? '' : text(frame.left, whole.top + 6, cut(name, frame.width), 'font-weight="600"');
  return { markup: `<g transform="translate(${offset.toFixed(1)} 0)">${heading}${cells.join('')}${rows.join('')}${nameMarks(frame, labels)}${axisTitles(frame, xLabel, labelPx > 0 ? yLabel : '')}</g>`, targets };
}
