import { colour, dash, PALETTES } from '../chart/palette';
import type { XMode } from '../model/lines';
import { Feed } from '../sources/feed';
import { h, setText, swatch } from '../view/dom';
import { themeOf } from '../view/theme';
import { restoreFolds, wireControls } from './controls';
import { Curves } from './curves';
import { Events } from './events';
import { Picks } from './picks';
import { Refresh } from './refresh';
import { ServerSource } from './source';

const POINTS = 600;

/** Say in the page's head when the server is not reachable, and take it back when it is. */
function connection(): (connected: boolean) => void {
  const place = h('span', { class: 'lost', role: 'status' });
  document.querySelector('.top nav')?.after(place);
  return (connected) => {
    document.body.dataset.live = connected ? 'yes' : 'no';
    setText(place, connected ? '' : 'Not connected, trying again …');
  };
}

/** A run's page: its parts stay current, and its charts grow. */
function runPage(base: string): void {
  const events = new Events(`${base}/events`, connection());
  const refresh = new Refresh(() => undefined);
  events.listen(() => refresh.request());
  const host = document.getElementById('charts');
  if (host === null) return scrollConsole();
  const { source, axis } = host.dataset;
  const curves = new Curves(host, 'Nothing to draw yet.', (axis as XMode | undefined) ?? null);
  curves.show([{ feed: new Feed([async () => new ServerSource(`${base}/${source}`, '', events)]), style: 0 }]);
}

function scrollConsole(): void {
  const log = document.querySelector('[data-follow]');
  if (log) log.scrollTop = log.scrollHeight;
}

/** A feed for each run, made once. */
function feeder(base: string, events: Events): (run: string) => Feed {
  const feeds = new Map<string, Feed>();
  return (run) => {
    const address = `${base}/runs/${encodeURIComponent(run)}/sampled?points=${POINTS}`;
    const feed = feeds.get(run) ?? new Feed([async () => new ServerSource(address, run, events)]);
    feeds.set(run, feed);
    return feed;
  };
}

/** A project's page: the table stays current, and the selected runs are drawn. */
function projectPage(base: string): void {
  const host = document.getElementById('charts')!;
  const events = new Events(`${base}/events`, connection());
  const feed = feeder(base, events);
  let curves: Curves | null = null;
  const show = (): void => {
    const runs = picks.drawn;
    document.body.toggleAttribute('data-charts', runs.length > 0);
    host.hidden = runs.length === 0;
    if (!host.hidden) curves ??= new Curves(host, 'These runs have logged no numbers yet.');
    curves?.show(runs.map(([run, style]) => ({ feed: feed(run), style })));
  };
  const picks = new Picks(base, show);
  const refresh = new Refresh(() => (restoreFolds(), picks.mark(), show()));
  events.listen(() => refresh.request());
  show();
}

/** The samples of the runs' lines, in the page's headings. */
function drawSwatches(): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-swatch]')) {
    const style = Number(place.dataset.swatch);
    place.replaceChildren(swatch(colour(PALETTES[themeOf(place)], style), dash(style)));
  }
}

/** A comparison: the curves of its runs over one another. */
function comparePage(base: string): void {
  const host = document.getElementById('charts');
  const events = new Events(`${base}/events`, connection());
  const refresh = new Refresh(() => drawSwatches());
  events.listen(() => refresh.request());
  drawSwatches();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawSwatches);
  if (host === null) return;
  const feed = feeder(base, events);
  const runs = JSON.parse(host.dataset.runs ?? '[]') as string[];
  new Curves(host, 'These runs have logged no numbers yet.').show(runs.map((run, style) => ({ feed: feed(run), style })));
}

const PAGES: Record<string, (base: string) => void> = { run: runPage, project: projectPage, compare: comparePage };
const { page = '', base } = document.body.dataset;
wireControls();
if (base !== undefined) PAGES[page]?.(base);
