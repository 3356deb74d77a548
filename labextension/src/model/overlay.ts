import type { MetricDefinition } from '../wire/messages';
import type { ChartGroup, Section } from './chart-groups';
import { definition, groupCharts, withCharts } from './chart-groups';
import { builtInSpec } from '../plots/plot-specs';
import type { RunData } from './run-data';
import { freeStyle } from './run-styles';

/** `primary` runs are compared with one another; a `background` run is drawn faintly behind them and adds no charts. */
export type RunRole = 'primary' | 'background';

/** One of the runs that share the charts. `style` is its colour, null until its id is known. */
export interface OverlaidRun {
  data: RunData;
  /** Its name in legends. */
  label: string;
  role: RunRole;
  style: number | null;
  hidden: boolean;
}

/** The runs drawn in the same charts; often only one. */
export class Overlay {
  constructor(readonly runs: OverlaidRun[]) {}

  static of(...data: RunData[]): Overlay {
    const overlay = new Overlay(data.map((one): OverlaidRun => ({ data: one, label: '', role: 'primary', style: null, hidden: false })));
    overlay.assignStyles();
    return overlay;
  }

  /** Whether several runs are compared: colours then stand for runs, not for metrics. */
  get isComparison(): boolean {
    return this.primaryRuns.length > 1;
  }

  get primaryRuns(): OverlaidRun[] {
    return this.runs.filter((run) => run.role === 'primary');
  }

  /** Give each primary run its colour, in their order, as soon as its id is known; one that has a colour keeps it. */
  assignStyles(): void {
    const used = new Set(this.primaryRuns.map((run) => run.style).filter((style) => style !== null));
    for (const run of this.primaryRuns) {
      if (run.style !== null) continue;
      if (run.data.run === null) return;
      run.style = freeStyle(run.data.run.id, used);
      used.add(run.style);
    }
  }

  /** The colour of the first run, with which the metrics of its charts begin. */
  get firstStyle(): number {
    return this.primaryRuns[0]?.style ?? 0;
  }

  /** The runs in the order of drawing. */
  get backgroundFirst(): OverlaidRun[] {
    return [...this.runs.filter((run) => run.role === 'background'), ...this.primaryRuns];
  }

  get visibleRuns(): OverlaidRun[] {
    return this.backgroundFirst.filter((run) => !run.hidden);
  }

  /** Changes with everything that charts show of the runs. */
  get version(): string {
    return this.runs.map((run) => `${run.label} ${run.role} ${run.style} ${run.hidden} ${run.data.version}`).join('\n');
  }

  get points(): number {
    return this.runs.reduce((sum, run) => sum + run.data.points, 0);
  }

  /** The definitions of all primary runs; the first run's take precedence. */
  get metrics(): MetricDefinition[] {
    const definitions = new Map<string, MetricDefinition>();
    for (const { data } of this.primaryRuns) {
      for (const one of data.metrics) if (!definitions.has(`${one.glob} ${one.name}`)) definitions.set(`${one.glob} ${one.name}`, one);
    }
    return [...definitions.values()];
  }

  /** Whether there is anything to draw: numbers, heat maps, texts or media. */
  get isEmpty(): boolean {
    return !this.runs.some(({ data }) => data.series.size > 0 || data.heatmaps.length > 0 || data.texts.length > 0 || data.media.length > 0);
  }

  /**
   * All cards: charts of lines, then in each section charts of tables, and heat maps, texts and media, one for each run;
   * compared media share one.
   */
  cards(): Section[] {
    const objects = this.primaryRuns.flatMap((run) => [
      ...run.data.heatmaps.map(({ key }) => this.objectCard(run, key, 'heatmap')),
      ...run.data.texts.map(({ key }) => this.objectCard(run, key, 'texts')),
      ...(this.isComparison ? [] : run.data.media.map(({ key }) => this.objectCard(run, key, 'media'))),
    ]);
    objects.push(...this.comparedMedia());
    const plots = this.plots();
    const drawn = new Set(plots.flatMap(({ keys }) => keys)); // a chart's card has its table
    return withCharts(this.sections(), [...plots, ...objects.filter(({ kind, keys }) => kind !== 'media' || !drawn.has(keys[0]!))].filter(({ keys }) => definition(keys[0]!, this.metrics)?.hidden !== true));
  }

  /** All charts of lines: related metrics share one, unless runs are compared. */
  sections(): Section[] {
    const keys = this.primaryRuns.flatMap((run) => [...run.data.series.keys()]);
    return groupCharts(keys, this.metrics, this.isComparison);
  }

  /** The charts of tables that can be drawn, each with the tables of all runs. */
  private plots(): ChartGroup[] {
    const groups = new Map<string, ChartGroup>();
    for (const { data } of this.primaryRuns) {
      for (const { key, spec, table, texts, vega } of data.plots) {
        const isDrawable = (vega !== undefined || builtInSpec(spec) !== undefined) && data.media.some((one) => one.key === table);
        if (isDrawable && !groups.has(key)) groups.set(key, { title: texts.title || key, keys: [table], kind: 'plot', plot: key });
      }
    }
    return [...groups.values()];
  }

  /** One card per metric with media, for all runs that are compared. */
  private comparedMedia(): ChartGroup[] {
    if (!this.isComparison) return [];
    const keys = new Set(this.primaryRuns.flatMap(({ data }) => data.media.map(({ key }) => key)));
    return [...keys].map((key) => ({ title: key, keys: [key], kind: 'media' }));
  }

  private objectCard(run: OverlaidRun, key: string, kind: 'heatmap' | 'texts' | 'media'): ChartGroup {
    return { title: this.isComparison ? `${key} · ${run.label}` : key, keys: [key], kind, run: run.data.run?.id ?? '' };
  }
}

/** A distinct name for each run: the id is added where two runs have the same name. */
export function runLabels(runs: { name: string; id: string }[]): string[] {
  const names = runs.map((run) => run.name || run.id);
  return runs.map((run, i) => (names.filter((name) => name === names[i]).length > 1 && run.name ? `${run.name} (${run.id})` : names[i]!));
}
