import { formatDuration, formatNumber } from '../model/format';
import { groupCharts } from '../model/chart-groups';
import type { Feed } from '../sources/feed';
import type { RunInfo } from '../wire/messages';
import { h, setText } from './dom';
import { SyncStatus } from './sync-status';

const MAX_VALUES = 4;
const MAX_ERROR = 120;
const STOP_CONFIRM_MS = 4000;

/** The top line of a view: state, name, elapsed time, step, what is sent, latest values, and Stop while the run can be stopped. */
export class HeaderBar {
  readonly element: HTMLElement;
  private readonly dot = h('span', { class: 'wnb-state-dot', 'aria-hidden': 'true' });
  private readonly name = h('strong', { class: 'wnb-run-name' });
  private readonly state = h('span', { class: 'wnb-state' });
  private readonly elapsed = h('span', { class: 'wnb-fact', title: 'Elapsed time' });
  private readonly steps = h('span', { class: 'wnb-fact' });
  private readonly sync = new SyncStatus();
  private readonly values = h('span', { class: 'wnb-values' });
  private readonly stop: HTMLButtonElement;
  private stopRequested = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly feed: Feed) {
    this.stop = h('button', { class: 'wnb-stop', type: 'button', hidden: true, onclick: () => this.requestStop() }, 'Stop');
    this.element = h('header', { class: 'wnb-head' }, this.dot, this.name, this.state, this.elapsed, this.steps, ...this.sync.elements, this.values, this.stop);
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
    this.updateElapsed();
    this.updateValues();
    this.updateStop();
  }

  /** Advance the elapsed time between messages. */
  updateElapsed(): void {
    setText(this.elapsed, formatDuration(Math.floor(this.feed.data.elapsed(this.feed.status === 'live'))));
  }

  destroy(): void {
    clearTimeout(this.timer);
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

  private updateStop(): void {
    this.stop.hidden = !this.feed.canStop;
    if (this.stop.hidden) this.stopRequested = false;
    setText(this.stop, this.stopRequested ? 'Stop now' : 'Stop');
    this.stop.title = this.stopRequested ? 'Interrupt the cell now' : 'Stop training (interrupts after 2 s)';
  }

  /**
   * The first click asks the training to stop; the server or kernel interrupts the cell if it does not react within
   * two seconds. A second click interrupts it immediately. The run may continue in another cell, so the button is
   * then reset.
   */
  private requestStop(): void {
    clearTimeout(this.timer);
    const force = this.stopRequested;
    this.stopRequested = true;
    this.feed.stop(force).catch(() => setText(this.state, 'could not be stopped'));
    this.timer = setTimeout(() => ((this.stopRequested = false), this.updateStop()), STOP_CONFIRM_MS);
    this.updateStop();
  }
}

/** The state, the exit code of a failed run, and the error of the last cell. */
function describeState(run: RunInfo): string {
  const state = run.exitCode && run.state !== 'interrupted' ? `${run.state} (exit code ${run.exitCode})` : run.state;
  return run.error ? `${state}, ${run.error.slice(0, MAX_ERROR)}` : state;
}
