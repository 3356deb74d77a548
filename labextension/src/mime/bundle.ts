import { escape, headline, svg } from '../chart/svg';
import { toSnapshot } from '../model/snapshot';
import type { RunData } from '../model/store';
import { trend } from '../model/trend';
import type { Access } from '../wire/messages';
import { MIME_TYPE } from '../wire/messages';

const MOST_ROWS = 40;
const MOST_BUNDLE = 205_000;
const MOST_SNAPSHOT = 150_000;
const MOST_PNG = 80_000;
const MOST_LIGHT = 60_000;
const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';

type Bundle = Record<string, unknown>;

/** The charts as PNGs in base64: for the output's own part, and a light one inside its HTML. */
export interface Picture { full: string; light: string }

/** The parts of an output that tell of the run, at most 210 kB together, made from what is known now; no `picture` keeps the old one. */
export function bundle(data: RunData, access: Access | null, old: Bundle, picture: Picture | null): Bundle | null {
  const light = picture?.light ?? /data:image\/png;base64,([\w+/=]+)/.exec(String(old['text/html']))?.[1];
  const made: Bundle = { ...old, 'text/html': html(data, light), 'text/plain': plainText(data) };
  if (picture !== null) made['image/png'] = picture.full;
  delete made[MIME_TYPE];
  const snapshot = toSnapshot(data, access, Math.min(MOST_SNAPSHOT, MOST_BUNDLE - JSON.stringify(made).length));
  if (snapshot === null) return null;
  made[MIME_TYPE] = snapshot;
  if (data.done) delete made[WIDGET_VIEW]; // a saved notebook must not refer to a widget that nobody will know
  return made;
}

/** The charts as pictures; null where the browser cannot make any. */
export async function picture(data: RunData): Promise<Picture | null> {
  const { markup, width, height } = svg(data);
  const standalone = markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" color="#1b1f24" ');
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standalone)}`;
  await image.decode();
  const plain = painted(image, width, height);
  if (plain === null) return null;
  let full = plain;
  for (const scale of [1.5, 2]) {
    const larger = painted(image, width * scale, height * scale);
    if (larger === null || larger.length > MOST_PNG) break;
    full = larger;
  }
  const smaller = plain.length <= MOST_LIGHT ? plain : painted(image, Math.round(width * 0.7), Math.round(height * 0.7));
  return { full, light: smaller !== null && smaller.length <= MOST_LIGHT ? smaller : '' };
}

function painted(image: HTMLImageElement, width: number, height: number): string | null {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png').split(',')[1] ?? null;
}

/** As the Python side makes it: see `html` in view/bundle.py for the picture in the SVG and the font size of 0. */
function html(data: RunData, light?: string): string {
  const style = 'padding:1px 12px 1px 0;text-align:left;font-weight:normal';
  const rows = trends(data).map(([key, words]) => `<tr><th scope="row" style="${style}">${escape(key)}</th><td style="${style}">${escape(words)}</td></tr>`);
  return `<div style="max-width:100%"><div style="font-size:0">${svg(data, light).markup}</div><details style="margin:4px 0"><summary>Latest values</summary>`
    + `<table style="font-size:90%;border-collapse:collapse"><tbody>${rows.join('')}</tbody></table></details></div>`;
}

function plainText(data: RunData): string {
  return [headline(data), ...trends(data).map(([key, words]) => `${key} ${words}`)].join('\n');
}

function trends(data: RunData): [key: string, words: string][] {
  const keys = [...data.series.keys()].slice(0, MOST_ROWS);
  return keys.map((key): [string, string] => [key, trend(data, key).slice(key.length).trim()]).filter(([, words]) => words !== '');
}
