import type { Transport } from '../sources/feed';
import { Feed, Gone } from '../sources/feed';
import { fromHttp } from '../wire/decode';
import { mountView } from '../view/view';

/** The embedded server tells of its runs; the browser's login cookie goes along by itself. */
function transport(base: string): Transport {
  const ask = async (what: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${base}/${what}`, init);
    if (response.status === 403 || response.status === 404) throw new Gone(`The server does not show this run (${response.status}).`);
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return response;
  };
  return {
    pull: async (cursor) => fromHttp(await (await ask(`data?cursor=${encodeURIComponent(cursor)}`, {})).arrayBuffer()),
    stop: async () => void (await ask('stop', { method: 'POST' })),
    close: () => undefined,
  };
}

const LOG_MS = 3000;

/** Show the console's last lines, and keep them current until the run is over. */
async function followLog(base: string, place: HTMLElement, feed: Feed): Promise<void> {
  const over = feed.status === 'done';
  const response = document.hidden ? null : await fetch(`${base}/log`).catch(() => null);
  const text = response?.ok && !response.redirected ? await response.text() : '';
  if (text && text !== place.textContent) {
    const atEnd = place.scrollTop + place.clientHeight >= place.scrollHeight - 4;
    place.textContent = text;
    if (atEnd) place.scrollTop = place.scrollHeight;
  }
  if (!over) setTimeout(() => void followLog(base, place, feed), LOG_MS);
}

const host = document.getElementById('charts');
const log = document.getElementById('log');
const base = host?.dataset['run'];
if (host && base) {
  const feed = new Feed([async () => transport(base)]);
  mountView(host, feed);
  if (log) void followLog(base, log, feed);
}
