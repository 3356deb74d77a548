import type { MetricDefinition } from '../wire/messages';

/**
 * The metrics of one chart. A heat map, a table of texts and a card of media belong to one metric of one `run`, by its id;
 * a card of media of compared runs has no `run`.
 * A chart of tables has the key of the table, and its own name in `plot`.
 */
export interface ChartGroup {
  title: string;
  keys: string[];
  kind?: 'heatmap' | 'texts' | 'media' | 'plot';
  run?: string;
  plot?: string;
}

/** The charts with one prefix; those without a prefix come first. */
export interface Section {
  prefix: string;
  charts: ChartGroup[];
}

const MAX_LINES = 8;
const SPLIT_NAMES = 'train|training|val|valid|validation|test|eval';
const MIN_FAMILY = 3;

/**
 * The charts of these metrics, in sections, as in `wandb_nb/view/message/chart_groups.py`, with the same test cases.
 * With `separate` each metric has its own chart.
 */
export function groupCharts(keys: Iterable<string>, metrics: MetricDefinition[], separate = false): Section[] {
  const charts = chartsOf(visibleKeys(keys, metrics), separate ? 1 : MAX_LINES);
  const names = charts.map((chart) => splitKey(chart.keys[0] ?? '')[1]);
  const families = numberedFamilies(names);
  const sections = new Map<string, ChartGroup[]>([['', []]]);
  charts.forEach((chart, i) => {
    const [head] = pathOf(names[i]!);
    const family = numbered(names[i]!);
    const prefix = families.has(family) ? family : head;
    sections.set(prefix, [...(sections.get(prefix) ?? []), chart]);
  });
  return [...sections].filter(([, members]) => members.length > 0).map(([prefix, members]) => ({ prefix, charts: members }));
}

/** Sections with more charts, each in the section of its metric, which is added if it is not there. */
export function withCharts(sections: Section[], charts: ChartGroup[]): Section[] {
  const result = sections.map((section) => ({ ...section, charts: [...section.charts] }));
  for (const chart of charts) {
    const [prefix] = pathOf(chart.keys[0] ?? '');
    const existing = result.find((section) => section.prefix === prefix);
    if (existing) existing.charts.push(chart);
    else if (prefix === '') result.unshift({ prefix, charts: [chart] });
    else result.push({ prefix, charts: [chart] });
  }
  return result;
}

/** The split of a key ("train", "val" …; "" if it has none) and the key without it. */
export function splitKey(key: string): [split: string, name: string] {
  const joint = key.includes('/') ? '/' : '_';
  const before = new RegExp(`^(${SPLIT_NAMES})${joint}(.+)$`, 's').exec(key);
  if (before) return [before[1]!, before[2]!];
  const after = new RegExp(`^(.+)${joint}(${SPLIT_NAMES})$`, 's').exec(key);
  return after ? [after[2]!, after[1]!] : ['', key];
}

/** The title of a chart of one metric in three parts, of which the middle one stays when another split joins it. */
export function titleParts(key: string): [before: string, name: string, after: string] {
  const name = splitKey(key)[1];
  const start = key.startsWith(name) ? 0 : key.length - name.length;
  return [key.slice(0, start), name, key.slice(start + name.length)];
}

/** What a line is called in its chart: its split if that distinguishes it, else its key. */
export function lineLabel(key: string, chart: ChartGroup): string {
  const splits = chart.keys.map((other) => splitKey(other)[0]);
  const distinct = new Set(splits).size === chart.keys.length && !splits.includes('');
  return chart.keys.length > 1 && distinct ? splitKey(key)[0] : key;
}

/** The part of a name before its first "/", and the rest; "" and the name if it has none. */
function pathOf(name: string): [head: string, rest: string] {
  const end = name.indexOf('/');
  return end < 0 ? ['', name] : [name.slice(0, end), name.slice(end + 1)];
}

/** A name up to its first number, which becomes "*": "layer3/w" and "layer3.w" give "layer*"; "" if it has no number. */
function numbered(name: string): string {
  const [head, rest] = pathOf(name);
  const match = /^([^0-9]*)[0-9]+/.exec(head === '' ? rest : head);
  return match ? `${match[1]}*` : '';
}

/** The numbered names that at least three charts share. */
function numberedFamilies(names: string[]): Set<string> {
  const families = names.map(numbered).filter((family) => family !== '');
  return new Set(families.filter((family) => families.filter((other) => other === family).length >= MIN_FAMILY));
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
  const members = new Map<string, string[]>();
  for (const key of keys) {
    const [, name] = splitKey(key);
    members.set(name, [...(members.get(name) ?? []), key]);
  }
  return [...members].flatMap(([name, group]) =>
    group.length > 1 && group.length <= maxLines ? [{ title: name, keys: group }] : group.map((key) => ({ title: key, keys: [key] })));
}
