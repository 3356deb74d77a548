import { formatDuration, formatNumber } from '../model/format';
import { groupCharts } from '../model/chart-groups';
import type { Feed } from '../sources/feed';
import type { RunInfo } from '../wire/messages';
import { h, setText } from './dom';
import { RunRemarks } from './run-remarks';
import { StopButton } from './stop-button';
import { SyncStatus } from './sync-status';

const MAX_VALUES = 4;
const MAX_ERROR = 120;

/** The top line of a view: state, name, elapsed time, step, what is sent, latest values, and Stop while the run can be stopped. */
export class HeaderBar {
  readonly element: HTMLElement;
  private readonly dot = h('span', { class: 'wnb-state-dot', 'aria-hidden': 'true' });
  private readonly name = h('strong', { class: 'wnb-run-name' });
  private readonly state = h('span', { class: 'wnb-state' });
  private readonly elapsed = h('span', { class: 'wnb-fact', title: 'Elapsed time' });
  private readonly steps = h('span', { class: 'wnb-fact' });
  private readonly sync = new SyncStatus();
  private readonly remarks = new RunRemarks();
  private readonly values = h('span', { class: 'wnb-values' });
  private readonly stop: StopButton;

  constructor(private readonly feed: Feed) {
    this.stop = new StopButton(feed, () => setText(this.state, 'could not be stopped'));
    this.element = h('header', { class: 'wnb-head' }, this.dot, this.name, this.state, this.elapsed, this.steps, ...this.sync.elements, this.remarks.element, this.values, this.stop.element);
  }

  update(): void {
    const { run } = this.feed.data;
    if (run === null) return setText(this.state, 'Waiting for the run …');
    this.element.dataset.state = run.state;
    setText(this.name, run.name || run.id);
    this.name.title = [run.project, run.group, run.id].filter(Boolean).join(' · ');
    setText(this.state, describeState(run));
    this.state.title = run.error ?? '';
    const lost = run.lost > 0 ? `, ${formatNumber(run.lost)} rows lost` : '';
    setText(this.steps, run.rows === 0 ? 'waiting for the first row' : `step ${formatNumber(run.step)}${lost}`);
    if (run.rows === 0 && run.state !== 'running') setText(this.steps, 'no rows logged');
    this.sync.update(run);
    this.remarks.update(run);
    this.updateElapsed();
    this.updateValues();
    this.stop.update();
  }

  /** Advance the elapsed time between messages. */
  updateElapsed(): void {
    const live = this.feed.status === 'live';
    const seconds = this.feed.data.elapsed(live);
    setText(this.elapsed, formatDuration(live ? Math.floor(seconds) : seconds));
  }

  destroy(): void {
    this.stop.destroy();
  }

  private updateValues(): void {
    const { series, metrics } = this.feed.data;
    const keys = groupCharts(series.keys(), metrics).flatMap((one) => one.charts).flatMap((chart) => chart.keys);
    const visible = keys.slice(0, MAX_VALUES);
    while (this.values.children.length > visible.length) this.values.lastChild?.remove();
    visible.forEach((key, i) => {
      const chip = this.values.children[i] ?? this.values.appendChild(h('span', { class: 'wnb-chip' }, h('span', {}), h('b', {})));
      setText(chip.firstElementChild!, key);
      setText(chip.lastElementChild!, formatNumber(series.get(key)!.value.at(-1)));
    });
  }
}

/** The state, the exit code of a failed run, and the error of the last cell. */
function describeState(run: RunInfo): string {
  const state = run.exitCode && run.state !== 'interrupted' ? `${run.state} (exit code ${run.exitCode})` : run.state;
  return run.error ? `${state}, ${run.error.slice(0, MAX_ERROR)}` : state;
}
