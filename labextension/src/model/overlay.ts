import type { MetricDefinition } from '../wire/messages';
import type { Section } from './groups';
import { group } from './groups';
import type { RunData } from './store';

/** `equal` runs are compared with one another; a `ghost` lies faint behind them and brings no charts of its own. */
export type Role = 'equal' | 'ghost';

/** One run among those that share the charts. `style` picks its colour and dash where runs are compared. */
export interface OverlaidRun {
  data: RunData;
  /** What tells it from the others. */
  label: string;
  role: Role;
  style: number;
  hidden: boolean;
}

/** The runs that are drawn over one another; mostly there is one. */
export class Overlay {
  constructor(readonly runs: OverlaidRun[]) {}

  static of(...data: RunData[]): Overlay {
    return new Overlay(data.map((one, i): OverlaidRun => ({ data: one, label: '', role: 'equal', style: i, hidden: false })));
  }

  /** Whether colours tell runs apart, and not metrics. */
  get compares(): boolean {
    return this.equals.length > 1;
  }

  get equals(): OverlaidRun[] {
    return this.runs.filter((run) => run.role === 'equal');
  }

  /** What is drawn, ghosts first. */
  get shown(): OverlaidRun[] {
    const seen = this.runs.filter((run) => !run.hidden);
    return [...seen.filter((run) => run.role === 'ghost'), ...seen.filter((run) => run.role === 'equal')];
  }

  /** Changes with everything that a chart shows of the runs. */
  get version(): string {
    return this.runs.map((run) => `${run.label} ${run.role} ${run.style} ${run.hidden} ${run.data.version}`).join('\n');
  }

  get points(): number {
    return this.runs.reduce((sum, run) => sum + run.data.points, 0);
  }

  /** The definitions of all compared runs; where they differ that of the first run holds. */
  get metrics(): MetricDefinition[] {
    const known = new Map<string, MetricDefinition>();
    for (const { data } of this.equals) {
      for (const one of data.metrics) if (!known.has(`${one.glob} ${one.name}`)) known.set(`${one.glob} ${one.name}`, one);
    }
    return [...known.values()];
  }

  /** All charts: of metrics that belong together, or of one metric each where runs are compared. */
  sections(): Section[] {
    const keys = this.equals.flatMap((run) => [...run.data.series.keys()]);
    return group(keys, this.metrics, this.compares);
  }
}

/** Names for runs that tell them apart: an id is added where two have the same name. */
export function runLabels(runs: { name: string; id: string }[]): string[] {
  const names = runs.map((run) => run.name || run.id);
  return runs.map((run, i) => (names.filter((name) => name === names[i]).length > 1 && run.name ? `${run.name} (${run.id})` : names[i]!));
}
