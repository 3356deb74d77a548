import type { MetricDefinition } from '../wire/messages';

/** Metrics drawn over one another. */
export interface ChartGroup {
  title: string;
  keys: string[];
}

/** Charts under one prefix; the prefix "" stands first. */
export interface Section {
  prefix: string;
  charts: ChartGroup[];
}

const MOST_LINES = 8;
const SPLIT = /^(train|training|val|valid|validation|test|eval)_(.+)$/s;

/**
 * Which metrics share a chart, and in which order: the rules of `wandb_nb/view/message/chart_groups.py`, with the same test cases.
 * With `apart` each metric has a chart of its own.
 */
export function group(keys: Iterable<string>, metrics: MetricDefinition[], apart = false): Section[] {
  const charts = chartsOf(shown(keys, metrics), apart ? 1 : MOST_LINES);
  const sections = new Map<string, ChartGroup[]>([['', charts.filter(mixes)]]);
  for (const chart of charts) {
    if (mixes(chart)) continue;
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

/** What tells the keys of one chart apart: what stands before the last part that they share, else the whole key. */
export function lineLabel(key: string, chart: ChartGroup): string {
  const heads = new Map(chart.keys.map((one) => [one, head(one)]));
  const apart = new Set(heads.values()).size === chart.keys.length && ![...heads.values()].includes('');
  return chart.keys.length > 1 && apart ? (heads.get(key) ?? key) : key;
}

function head(key: string): string {
  return key.slice(0, key.length - split(key)[1].length).replace(/[/_]$/, '');
}

/** The definition that holds for a key: its own, else the first glob that matches. */
export function definition(key: string, metrics: MetricDefinition[]): MetricDefinition | undefined {
  return (
    metrics.find((one) => !one.glob && one.name === key) ??
    metrics.find((one) => one.glob && !key.startsWith('_') && key.startsWith(one.name.replace(/\*$/, '')))
  );
}

function shown(keys: Iterable<string>, metrics: MetricDefinition[]): string[] {
  const steps = new Set(metrics.map((one) => one.step));
  return [...new Set(keys)].filter(
    (key) => !key.startsWith('_') && !steps.has(key) && definition(key, metrics)?.hidden !== true,
  );
}

function chartsOf(keys: string[], most: number): ChartGroup[] {
  const parts = new Map<string, string[]>();
  for (const key of keys) {
    const last = split(key)[1];
    parts.set(last, [...(parts.get(last) ?? []), key]);
  }
  const charts = new Map<string, ChartGroup>();
  for (const key of keys) {
    const last = split(key)[1];
    const together = parts.get(last) ?? [];
    const shared = together.length > 1 && together.length <= most;
    const id = shared ? `all ${last}` : `one ${key}`;
    if (!charts.has(id)) charts.set(id, shared ? { title: last, keys: together } : { title: key, keys: [key] });
  }
  return [...charts.values()];
}

function mixes(chart: ChartGroup): boolean {
  return new Set(chart.keys.map((key) => split(key)[0])).size > 1;
}
