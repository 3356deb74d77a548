import type { SavedChart } from '../../chart/chart-svg';
import { chartSvg } from '../../chart/chart-svg';
import { drawOnCanvas, loadSvg } from '../../chart/raster';
import type { ChartGroup } from '../../model/chart-groups';
import type { OverlaidRun } from '../../model/overlay';
import { download } from '../download';

const PNG_SCALE = 2;

/** A standalone SVG file and its size in pixels. */
export interface SvgFile { markup: string; width: number; height: number }

export function saveSvg(chart: SavedChart): Promise<void> {
  return savePicture(chart.title, chartSvg(chart), 'svg');
}

export function savePng(chart: SavedChart): Promise<void> {
  return savePicture(chart.title, chartSvg(chart), 'png');
}

/** Save a picture; as SVG where a page's content policy forbids the conversion to PNG. */
export async function savePicture(title: string, { markup, width, height }: SvgFile, type: 'png' | 'svg'): Promise<void> {
  const image = type === 'png' ? await loadSvg(markup).catch(() => null) : null;
  const canvas = image && drawOnCanvas(image, width * PNG_SCALE, height * PNG_SCALE);
  const content = canvas && (await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png')));
  if (content) download(content, `${fileName(title)}.png`);
  else download(new Blob([markup], { type: 'image/svg+xml' }), `${fileName(title)}.svg`);
}

/** Save a text as a file. */
export function saveText(title: string, text: string, type: 'csv'): void {
  download(new Blob([text], { type: `text/${type}` }), `${fileName(title)}.${type}`);
}

/** Save all points of these runs as CSV: the data itself, not the visible part. */
export function saveCsv(group: ChartGroup, runs: OverlaidRun[]): void {
  saveText(group.title, toCsv(group, runs), 'csv');
}

/** One row per point. Names that a spreadsheet would take for a formula get a leading quote. */
export function toCsv(group: ChartGroup, runs: OverlaidRun[]): string {
  const rows = runs.flatMap((run) => group.keys.flatMap((key) => {
    const series = run.data.series.get(key);
    const name = run.label || run.data.run?.name || '';
    return (series?.attempts() ?? []).flatMap(({ attempt, first, end }) =>
      Array.from({ length: end - first }, (_, i) => [name, key, attempt + 1, series!.step.at(first + i), series!.time.at(first + i), series!.value.at(first + i)]));
  }));
  return [['run', 'metric', 'attempt', 'step', 'seconds', 'value'], ...rows].map((row) => row.map(toField).join(',')).join('\r\n') + '\r\n';
}

/** A field of CSV. A text that a spreadsheet would take for a formula gets a leading quote. */
export function toField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function fileName(title: string): string {
  return title.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'chart';
}
