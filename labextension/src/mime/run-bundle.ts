import { drawOnCanvas, loadSvg } from '../chart/raster';
import { headline, runSvg } from '../chart/svg';
import { escape } from '../chart/svg-marks';
import { newestMedia } from '../media/media-steps';
import { toSnapshot } from '../model/snapshot';
import type { RunData } from '../model/run-data';
import { trend } from '../model/trend';
import type { Access } from '../wire/messages';
import { MIME_TYPE } from '../wire/messages';

const MAX_ROWS = 40;
const MAX_BUNDLE_CHARACTERS = 205_000;
const MAX_SNAPSHOT_CHARACTERS = 150_000;
/** Of pictures and HTML of media, which only the kernel makes. */
const MAX_MEDIA_CHARACTERS = 460_000;
const MEDIA_SECTION = /<section aria-label="Logged media"[^]*?<\/section>/;
const MAX_PNG_CHARACTERS = 80_000;
const MAX_FALLBACK_CHARACTERS = 60_000;
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

type Bundle = Record<string, unknown>;

/** The charts as PNGs in base64: one for the output, and a smaller one as fallback in its HTML. */
export interface ChartImages { full: string; fallback: string }

/**
 * The MIME bundle of a run, at most 210 kB, from its current data. Without `images` the `previous` ones stay. So does
 * the media section of the previous HTML, and a previous picture that has media below its charts.
 */
export function runBundle(data: RunData, access: Access | null, previous: Bundle, images: ChartImages | null): Bundle | null {
  const fallback = images?.fallback ?? /data:image\/png;base64,([\w+/=]+)/.exec(String(previous['text/html']))?.[1];
  const [section] = MEDIA_SECTION.exec(String(previous['text/html'])) ?? [];
  const bundle: Bundle = { ...previous, 'text/html': html(data, fallback) + (section ?? ''), 'text/plain': plainText(data) };
  if (images !== null && (section === undefined || previous['image/png'] === undefined)) bundle['image/png'] = images.full;
  delete bundle[MIME_TYPE];
  const room = MAX_BUNDLE_CHARACTERS - JSON.stringify(bundle).length + (section === undefined ? 0 : MAX_MEDIA_CHARACTERS);
  const snapshot = toSnapshot(data, access, Math.min(MAX_SNAPSHOT_CHARACTERS, room));
  if (snapshot === null) return null;
  bundle[MIME_TYPE] = snapshot;
  if (data.done) delete bundle[WIDGET_VIEW]; // a saved notebook must not refer to a widget that no longer exists
  return bundle;
}

/** The charts as images; null if the browser cannot render them. */
export async function renderImages(data: RunData): Promise<ChartImages | null> {
  const { markup, width, height } = runSvg(data);
  const standalone = markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" color="#1b1f24" ');
  const image = await loadSvg(standalone);
  const plain = toPng(image, width, height);
  if (plain === null) return null;
  let full = plain;
  for (const scale of [1.5, 2]) {
    const larger = toPng(image, width * scale, height * scale);
    if (larger === null || larger.length > MAX_PNG_CHARACTERS) break;
    full = larger;
  }
  const smaller = plain.length <= MAX_FALLBACK_CHARACTERS ? plain : toPng(image, Math.round(width * 0.7), Math.round(height * 0.7));
  return { full, fallback: smaller !== null && smaller.length <= MAX_FALLBACK_CHARACTERS ? smaller : '' };
}

function toPng(image: HTMLImageElement, width: number, height: number): string | null {
  return drawOnCanvas(image, width, height)?.toDataURL('image/png').split(',')[1] ?? null;
}

/** As in Python: see `html` in view/run_bundle.py for the image in the SVG and the font size of 0. */
function html(data: RunData, fallback?: string): string {
  const style = 'padding:1px 12px 1px 0;text-align:left;font-weight:normal';
  const rows = trends(data).map(([key, text]) => `<tr><th scope="row" style="${style}">${escape(key)}</th><td style="${style}">${escape(text)}</td></tr>`);
  return `<div style="max-width:100%"><div style="font-size:0">${runSvg(data, fallback).markup}</div><details style="margin:4px 0"><summary>Latest values</summary>`
    + `<table style="font-size:90%;border-collapse:collapse"><tbody>${rows.join('')}</tbody></table></details></div>`;
}

function plainText(data: RunData): string {
  return [headline(data), ...trends(data).map(([key, text]) => `${key} ${text}`)].join('\n');
}

/** Name and course of each metric, then name and newest media of each key. */
function trends(data: RunData): [key: string, text: string][] {
  const keys = [...data.series.keys()].slice(0, MAX_ROWS);
  const metrics = keys.map((key): [string, string] => [key, trend(data, key).slice(key.length).trim()]);
  const media = data.media.slice(0, MAX_ROWS).map((one): [string, string] => [one.key, newestMedia(one)]);
  return [...metrics, ...media].filter(([, text]) => text !== '');
}
