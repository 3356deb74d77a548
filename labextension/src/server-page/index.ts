import { colour, dash, PALETTES } from '../chart/palette';
import type { Axis } from '../model/axes';
import { runStyles } from '../model/run-styles';
import { Feed } from '../sources/feed';
import { h, setText, swatch } from '../view/dom';
import { themeOf } from '../view/theme';
import type { VegaModule } from '../vega/vega-chunk';
import { provideVega } from '../vega/vega-host';
import { GroupChart } from './group-chart';
import type { GroupsContent } from './group-lines';
import { enhanceControls, restoreGroups } from './controls';
import { loginPage } from './login-page';
import { RunCharts } from './run-charts';
import { ChangeEvents } from './change-events';
import { RunSelection } from './run-selection';
import { LiveParts } from './live-parts';
import { ServerTransport } from './server-transport';

const MAX_POINTS = 600;
/** The shortest time between two requests of a page of groups, which reads many runs. */
const GROUPS_INTERVAL_MS = 2000;
/** The chunk with Vega, beside this script. */
const VEGA_URL = new URL('vega.js', (document.currentScript as HTMLScriptElement | null)?.src ?? location.href).href;

/** Show in the page header when the server is unreachable. */
function connectionStatus(): (connected: boolean) => void {
  const status = h('span', { class: 'lost', role: 'status' });
  document.querySelector('.top nav')?.after(status);
  return (connected) => {
    document.body.dataset.live = connected ? 'yes' : 'no';
    setText(status, connected ? '' : 'Disconnected, reconnecting …');
  };
}

/** A run's page: live parts and live charts. */
function runPage(base: string): void {
  const events = new ChangeEvents(`${base}/events`, connectionStatus());
  const refresh = new LiveParts(() => undefined);
  events.listen(() => refresh.request());
  const host = document.getElementById('charts');
  if (host === null) return scrollConsole();
  const { source, axis, files } = host.dataset;
  const charts = new RunCharts(host, 'No metrics logged yet.', (axis as Axis | undefined) ?? 'auto');
  charts.show([{ feed: new Feed([async () => new ServerTransport(`${base}/${source}`, source === 'data' ? `${base}/range` : null, '', events, files ?? null)]) }]);
}

function scrollConsole(): void {
  const log = document.querySelector('[data-follow]');
  if (log) log.scrollTop = log.scrollHeight;
}

/** Returns the feed of a run, created once. */
function feedCache(base: string, events: ChangeEvents): (run: string) => Feed {
  const feeds = new Map<string, Feed>();
  return (run) => {
    const url = `${base}/runs/${encodeURIComponent(run)}`;
    const feed = feeds.get(run) ?? new Feed([async () => new ServerTransport(`${url}/sampled?points=${MAX_POINTS}`, `${url}/range`, run, events, `/files${base}/${encodeURIComponent(run)}`)]);
    feeds.set(run, feed);
    return feed;
  };
}

/** A project's page: a live table, and charts of the selected runs. */
function projectPage(base: string): void {
  const host = document.getElementById('charts')!;
  const events = new ChangeEvents(`${base}/events`, connectionStatus());
  const feed = feedCache(base, events);
  let charts: RunCharts | null = null;
  const show = (): void => {
    const runs = selection.drawn;
    document.body.toggleAttribute('data-charts', runs.length > 0);
    host.hidden = runs.length === 0;
    if (!host.hidden) charts ??= new RunCharts(host, 'These runs have logged no metrics yet.');
    charts?.show(runs.map(([run, style]) => ({ feed: feed(run), style })));
  };
  const selection = new RunSelection(base, show);
  const refresh = new LiveParts(() => (restoreGroups(), selection.updateTable(), show()));
  events.listen(() => refresh.request());
  show();
}

/** Draw the line samples of the runs in the page's headings. */
function drawSwatches(): void {
  for (const host of document.querySelectorAll<HTMLElement>('[data-swatch]')) {
    const style = Number(host.dataset.swatch);
    host.replaceChildren(swatch(colour(PALETTES[themeOf(host)], style), dash(style)));
  }
}

/** A comparison page: the runs in the same charts. */
function comparePage(base: string): void {
  const host = document.getElementById('charts');
  const events = new ChangeEvents(`${base}/events`, connectionStatus());
  const refresh = new LiveParts(() => drawSwatches());
  events.listen(() => refresh.request());
  drawSwatches();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawSwatches);
  if (host === null) return;
  const feed = feedCache(base, events);
  const runs = JSON.parse(host.dataset.runs ?? '[]') as string[];
  const styles = runStyles(runs);
  new RunCharts(host, 'These runs have logged no metrics yet.').show(runs.map((run, i) => ({ feed: feed(run), style: styles[i] })));
}

/** A page of groups: their live chart and tables. */
function groupsPage(base: string): void {
  const host = document.getElementById('charts')!;
  let chart: GroupChart | null = null;
  const show = (): void => {
    drawSwatches();
    const text = document.getElementById('group-content')?.dataset.content;
    host.hidden = text === undefined;
    if (text === undefined) return;
    const content = JSON.parse(text) as GroupsContent;
    if (chart === null) chart = new GroupChart(host, content);
    else chart.setContent(content);
  };
  show();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawSwatches);
  const events = new ChangeEvents(`${base}/events`, connectionStatus());
  const refresh = new LiveParts(show, document.body.dataset.view, GROUPS_INTERVAL_MS);
  events.listen(() => refresh.request());
}

const PAGES: Record<string, (base: string) => void> = { run: runPage, project: projectPage, compare: comparePage, groups: groupsPage };
const { page = '', base } = document.body.dataset;
provideVega(() => import(VEGA_URL) as Promise<VegaModule>);
enhanceControls();
if (page === 'login') loginPage();
if (base !== undefined) PAGES[page]?.(base);
