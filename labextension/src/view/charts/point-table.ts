import { formatNumber } from '../../model/format';
import type { ChartGroup } from '../../model/chart-groups';
import { lineLabel } from '../../model/chart-groups';
import type { OverlaidRun, Overlay } from '../../model/overlay';
import { freshId, h } from '../dom';

const MAX_ROWS = 100;

interface Row {
  run: OverlaidRun;
  attempt: number;
  step: number;
  time: number;
  values: Map<string, number>;
}

/** The points of a chart as a table, newest first; built only while it is open. */
export class PointTable {
  readonly element = h('div', { class: 'wnb-points', id: freshId(), hidden: true, tabindex: 0, role: 'region' });
  private version = '';

  constructor(private readonly overlay: Overlay, private readonly group: ChartGroup) {
    this.element.setAttribute('aria-label', `Points of ${group.title}`);
  }

  /** Open or close the table; returns whether it is open. */
  toggle(): boolean {
    this.element.hidden = !this.element.hidden;
    this.update();
    return !this.element.hidden;
  }

  update(): void {
    if (this.element.hidden || this.version === this.overlay.version) return;
    this.version = this.overlay.version;
    const rows = newestRows(this.overlay, this.group);
    const several = new Set(rows.map((row) => row.attempt)).size > 1;
    const runs = new Set(rows.map((row) => row.run)).size > 1;
    const names = [
      ...(runs ? ['run'] : []), 'step', 'seconds', ...(several ? ['attempt'] : []), ...this.group.keys.map((key) => lineLabel(key, this.group)),
    ];
    this.element.replaceChildren(
      h('table', {},
        h('caption', {}, this.caption(rows.length)),
        h('thead', {}, h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...rows.map((row) => this.row(row, runs, several)))));
  }

  private row(row: Row, runs: boolean, several: boolean): HTMLElement {
    const values = this.group.keys.map((key) => row.values.get(key));
    return h('tr', {},
      runs && h('td', {}, row.run.label || 'this run'),
      h('th', { scope: 'row' }, formatNumber(row.step)),
      h('td', {}, formatNumber(Number(row.time.toFixed(1)))),
      several && h('td', {}, String(row.attempt + 1)),
      ...values.map((value) => h('td', {}, value === undefined ? '' : formatNumber(value))));
  }

  private caption(rows: number): string {
    const logged = this.overlay.visibleRuns.reduce((sum, { data }) => sum + Math.max(0, ...this.group.keys.map((key) => data.series.get(key)?.n ?? 0)), 0);
    return rows < logged ? `The newest ${rows} of ${formatNumber(logged)} points` : `${formatNumber(rows)} points, newest first`;
  }
}

/** The newest rows of a chart's metrics, merged by run, step and attempt. */
function newestRows(overlay: Overlay, group: ChartGroup): Row[] {
  const rows = overlay.visibleRuns.flatMap((run) => rowsOf(run, group));
  return rows.sort((a, b) => b.attempt - a.attempt || b.step - a.step).slice(0, MAX_ROWS);
}

function rowsOf(run: OverlaidRun, group: ChartGroup): Row[] {
  const rows = new Map<string, Row>();
  for (const key of group.keys) {
    const series = run.data.series.get(key);
    for (const { attempt, first, end } of series?.attempts() ?? []) {
      for (let i = Math.max(first, series!.length - MAX_ROWS); i < end; i++) {
        const step = series!.step.at(i);
        const id = `${attempt} ${step}`;
        const row = rows.get(id) ?? { run, attempt, step, time: series!.time.at(i), values: new Map<string, number>() };
        row.values.set(key, series!.value.at(i));
        rows.set(id, row);
      }
    }
  }
  return [...rows.values()];
}
