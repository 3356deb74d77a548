import type { SavedChart } from '../../chart/chart-svg';
import { chartSvg } from '../../chart/chart-svg';
import { drawOnCanvas, loadSvg } from '../../chart/raster';
import type { ChartGroup } from '../../model/chart-groups';
import type { OverlaidRun } from '../../model/overlay';
import { download } from '../download';

const PNG_SCALE = 2;

export function saveSvg(chart: SavedChart): void {
  download(new Blob([chartSvg(chart).markup], { type: 'image/svg+xml' }), `${fileName(chart.title)}.svg`);
}

/** Save as PNG; as SVG where a page's content policy forbids the conversion. */
export async function savePng(chart: SavedChart): Promise<void> {
  const { markup, width, height } = chartSvg(chart);
  const image = await loadSvg(markup).catch(() => null);
  const canvas = image && drawOnCanvas(image, width * PNG_SCALE, height * PNG_SCALE);
  const content = canvas && (await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/png')));
  if (content) download(content, `${fileName(chart.title)}.png`);
  else saveSvg(chart);
}

/** Save all points of these runs as CSV: the data itself, not the visible part. */
export function saveCsv(group: ChartGroup, runs: OverlaidRun[]): void {
  download(new Blob([toCsv(group, runs)], { type: 'text/csv' }), `${fileName(group.title)}.csv`);
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

function toField(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function fileName(title: string): string {
  return title.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|-+$/g, '') || 'chart';
}
