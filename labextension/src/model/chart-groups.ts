import type { MetricDefinition } from '../wire/messages';

/** The metrics of one chart. */
export interface ChartGroup {
  title: string;
  keys: string[];
}

/** The charts with one prefix; those without a prefix come first. */
export interface Section {
  prefix: string;
  charts: ChartGroup[];
}

const MAX_LINES = 8;
const SPLIT = /^(train|training|val|valid|validation|test|eval)_(.+)$/s;

/**
 * The charts of these metrics, in sections, as in `wandb_nb/view/message/chart_groups.py`, with the same test cases.
 * With `separate` each metric has its own chart.
 */
export function groupCharts(keys: Iterable<string>, metrics: MetricDefinition[], separate = false): Section[] {
  const charts = chartsOf(visibleKeys(keys, metrics), separate ? 1 : MAX_LINES);
  const sections = new Map<string, ChartGroup[]>([['', charts.filter(mixesPrefixes)]]);
  for (const chart of charts) {
    if (mixesPrefixes(chart)) continue;
    const prefix = split(chart.keys[0] ?? '')[0];
    sections.set(prefix, [...(sections.get(prefix) ?? []), chart]);
  }
  return [...sections].filter(([, one]) => one.length > 0).map(([prefix, one]) => ({ prefix, charts: one }));
}

/** Prefix and last part of a key. */
export function split(key: string): [prefix: string, last: string] {
  const first = key.indexOf('/');
  if (first >= 0) return [key.slice(0, first), key.slice(key.lastIndexOf('/') + 1)];
  const match = SPLIT.exec(key);
  return match ? [match[1] ?? '', match[2] ?? ''] : ['', key];
}

/** The part of a key that distinguishes it in its chart: what precedes the shared last part, else the whole key. */
export function lineLabel(key: string, chart: ChartGroup): string {
  const heads = new Map(chart.keys.map((key) => [key, head(key)]));
  const distinct = new Set(heads.values()).size === chart.keys.length && ![...heads.values()].includes('');
  return chart.keys.length > 1 && distinct ? (heads.get(key) ?? key) : key;
}

function head(key: string): string {
  return key.slice(0, key.length - split(key)[1].length).replace(/[/_]$/, '');
}

/** The definition that applies to a key: the exact one, else the first glob that matches. */
export function definition(key: string, metrics: MetricDefinition[]): MetricDefinition | undefined {
  return (
    metrics.find((one) => !one.glob && one.name === key) ??
    metrics.find((one) => one.glob && !key.startsWith('_') && key.startsWith(one.name.replace(/\*$/, '')))
  );
}

function visibleKeys(keys: Iterable<string>, metrics: MetricDefinition[]): string[] {
  const steps = new Set(metrics.map((one) => one.step));
  return [...new Set(keys)].filter(
    (key) => !key.startsWith('_') && !steps.has(key) && definition(key, metrics)?.hidden !== true,
  );
}

function chartsOf(keys: string[], maxLines: number): ChartGroup[] {
  const parts = new Map<string, string[]>();
  for (const key of keys) {
    const last = split(key)[1];
    parts.set(last, [...(parts.get(last) ?? []), key]);
  }
  const charts = new Map<string, ChartGroup>();
  for (const key of keys) {
    const last = split(key)[1];
    const together = parts.get(last) ?? [];
    const shared = together.length > 1 && together.length <= maxLines;
    const id = shared ? `all ${last}` : `one ${key}`;
    if (!charts.has(id)) charts.set(id, shared ? { title: last, keys: together } : { title: key, keys: [key] });
  }
  return [...charts.values()];
}

function mixesPrefixes(chart: ChartGroup): boolean {
  return new Set(chart.keys.map((key) => split(key)[0])).size > 1;
}
