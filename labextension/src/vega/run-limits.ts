import { expressionFunction, transforms } from 'vega';
import { ownValue } from '../model/own-value';
import { searchSteps } from './pattern-limits';

/** What one transform may make, and one run of a chart may take, so that a spec cannot freeze the page. */
const [MAX_ROWS, MAX_TICKS, MAX_RUN_MS] = [100_000, 2_000, 3_000];
/** Pairs that are compared, or steps of a simulation times its nodes. */
const MAX_WORK = 20_000_000;
const INTERVAL_MS: Record<string, number> = { millisecond: 1, second: 1e3, minute: 6e4, hour: 3.6e6, day: 8.64e7, week: 6.048e8, month: 2.4e9, year: 3.1e10 };
const [DEFAULT_ITERATIONS, WORDS_COST, SEARCH_STEP_COST] = [300, 10_000, 0.05];
const DEFAULT_PATTERN = "[\\w']+";

type Params = Record<string, unknown>;
type Accessor = (row: unknown) => unknown;
type Transform = (this: unknown, params: Params, pulse: Pulse) => unknown;

interface Pulse {
  stamp: number;
  source?: readonly unknown[];
  dataflow: object;
}

/** When the current run of each chart has to end. */
const deadlines = new WeakMap<object, { stamp: number; end: number }>();

/** How many rows a transform makes of `count` rows. */
const ROWS: Record<string, (params: Params, count: number, rows: readonly unknown[]) => number> = {
  sequence: ({ start, stop, step }) => rangeLength(start, stop, step),
  cross: (_, count) => count * count,
  fold: ({ fields }, count) => count * lengthOf(fields),
  flatten: ({ fields }, _count, rows) => rows.reduce<number>((sum, row) => sum + longest(fields, row), 0),
  impute: ({ keyvals }, count) => count * Math.max(1, lengthOf(keyvals)),
  density: stepsOf,
  kde: (params, count) => (params.groupby ? count : 1) * stepsOf(params),
  quantile: ({ step, probs, groupby }, count) => (groupby ? count : 1) * (probs ? lengthOf(probs) : 1 / numberOf(step, 0.01)),
  graticule: ({ step, stepMinor, stepMajor }) => Math.max(...[step, stepMinor, stepMajor].map(lines)),
};

/** How much a transform computes for `count` rows. */
const WORK: Record<string, (params: Params, count: number, rows: readonly unknown[]) => number> = {
  loess: (_, count) => count * count,
  force: ({ iterations }, count) => count * numberOf(iterations, DEFAULT_ITERATIONS) * Math.log2(count + 2),
  wordcloud: (_, count) => count * WORDS_COST,
  isocontour: ({ thresholds, levels }, count) => count * gridCost({ thresholds, levels }),
  kde2d: gridCost,
  contour: gridCost,
  countpattern: ({ field, pattern, stopwords }, _count, rows) => rows.reduce<number>((cost, row) => cost + SEARCH_STEP_COST * countSteps(String((field as Accessor)(row)), pattern, stopwords), 0),
};

/** How many ticks, bins or colours an axis, a legend or a scale makes. */
const TICKS: Record<string, (params: Params) => number> = {
  axisticks: ticksOf,
  legendentries: ticksOf,
  scale: ({ bins, schemeCount, domain }) => Math.max(binsOf(bins, domain), numberOf(schemeCount, 0)),
};

/** Let every transform refuse what would take too long. It is needed once, before the first chart. */
export function limitTransforms(): void {
  for (const [name, { prototype }] of Object.entries(transforms) as unknown as [string, { prototype: { transform?: Transform } }][]) {
    if (!Object.hasOwn(prototype, 'transform')) continue;
    const original = prototype.transform!;
    prototype.transform = function (params, pulse) {
      checkTime(pulse);
      const problem = excess(name, params, pulse.source ?? []);
      if (problem !== null) throw new Error(problem);
      return original.call(this, params, pulse);
    };
  }
  limitFunction('sequence', (...[start, stop, step]) => (stop === undefined ? rangeLength(0, start, 1) : rangeLength(start, stop, step)));
  limitFunction('pad', (_text, length) => numberOf(length, 0));
}

/** Why a transform is refused; null if it is within the limits. */
export function excess(name: string, params: Params, rows: readonly unknown[]): string | null {
  const made = Math.max(rows.length, ROWS[name]?.(params, rows.length, rows) ?? 0);
  if (!(made <= MAX_ROWS)) return `its transform "${name}" makes more than ${MAX_ROWS.toLocaleString('en')} rows`;
  if (!((WORK[name]?.(params, rows.length, rows) ?? 0) <= MAX_WORK)) return `its transform "${name}" computes too much for ${rows.length.toLocaleString('en')} rows`;
  return (TICKS[name]?.(params) ?? 0) <= MAX_TICKS ? null : `an axis, legend or scale has more than ${MAX_TICKS.toLocaleString('en')} values`;
}

/** Throw if the current run of a chart takes longer than it may. */
function checkTime({ dataflow, stamp }: Pulse): void {
  const run = deadlines.get(dataflow);
  if (run?.stamp !== stamp) deadlines.set(dataflow, { stamp, end: performance.now() + MAX_RUN_MS });
  else if (performance.now() > run.end) throw new Error(`it takes more than ${MAX_RUN_MS / 1000} seconds`);
}

function limitFunction(name: string, length: (...params: unknown[]) => number): void {
  const original = (expressionFunction as unknown as (name: string) => (...params: unknown[]) => unknown)(name);
  expressionFunction(name, (...params: unknown[]) => {
    if (!(length(...params) <= MAX_ROWS)) throw new Error(`its expression "${name}" makes more than ${MAX_ROWS.toLocaleString('en')} values`);
    return original(...params);
  });
}

function rangeLength(start: unknown, stop: unknown, step: unknown): number {
  return Math.max(0, (numberOf(stop, 0) - numberOf(start, 0)) / numberOf(step, 1));
}

function stepsOf({ steps, minsteps, maxsteps }: Params): number {
  return Math.max(numberOf(steps, 0), numberOf(minsteps, 25), numberOf(maxsteps, 200));
}

/** The lines of a graticule with this step in degrees. */
function lines(step: unknown): number {
  const [x, y] = Array.isArray(step) ? step : [10, 10];
  return 360 / numberOf(x, 10) + 180 / numberOf(y, 10);
}

/** The steps in which the words of a text are found, and compared with those to leave out. */
function countSteps({ length }: string, pattern: unknown, stopwords: unknown): number {
  return searchSteps(String(pattern || DEFAULT_PATTERN), 'g', length) + searchSteps(`^${String(stopwords || '')}$`, 'i', length);
}

function gridCost({ size, cellSize, thresholds, levels }: Params): number {
  const [width, height] = Array.isArray(size) ? size : [1, 1];
  const cells = (numberOf(width, 1) * numberOf(height, 1)) / numberOf(cellSize, 4) ** 2;
  return Math.max(1, cells) * Math.max(1, lengthOf(thresholds), numberOf(levels, 0));
}

function binsOf(bins: unknown, domain: unknown): number {
  if (typeof bins !== 'object' || bins === null || Array.isArray(bins)) return lengthOf(bins);
  const [first, last] = Array.isArray(domain) ? [domain[0], domain.at(-1)] : [0, 0];
  const { start = first, stop = last, step } = bins as Params;
  return rangeLength(start, stop, step);
}

/** The number of ticks: `count`, or those of an interval of time such as "day" in the domain of the scale. */
function ticksOf({ count, scale, values }: Params): number {
  if (typeof count === 'number') return count;
  const { interval, step } = (typeof count === 'string' ? { interval: count } : (count ?? {})) as Params;
  const domain = (scale as { domain?: () => unknown[] } | undefined)?.domain?.() ?? [];
  const span = Number(domain.at(-1)) - Number(domain[0]);
  return typeof interval !== 'string' || !Number.isFinite(span) ? lengthOf(values) : Math.abs(span) / ((ownValue(INTERVAL_MS, interval) ?? 1) * numberOf(step, 1));
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

/** The longest list that a row has under these fields. */
function longest(fields: unknown, row: unknown): number {
  const accessors = Array.isArray(fields) ? (fields as Accessor[]) : [];
  return Math.max(1, ...accessors.map((field) => lengthOf(field(row))));
}

function numberOf(value: unknown, otherwise: number): number {
  return value === undefined || value === null ? otherwise : Number(value);
}
