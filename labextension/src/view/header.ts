import { duration, number } from '../model/format';
import { group } from '../model/groups';
import type { Feed } from '../sources/feed';
import { h, setText } from './dom';

const MOST_VALUES = 4;
const FORGET_MS = 4000;

/** The line on top: state, name, elapsed time, steps, latest values, and Stop while there is something to stop. */
export class Header {
  readonly element: HTMLElement;
  private readonly dot = h('span', { class: 'wnb-state-dot', 'aria-hidden': 'true' });
  private readonly name = h('strong', { class: 'wnb-run-name' });
  private readonly state = h('span', { class: 'wnb-state' });
  private readonly elapsed = h('span', { class: 'wnb-fact', title: 'Elapsed time' });
  private readonly steps = h('span', { class: 'wnb-fact' });
  private readonly values = h('span', { class: 'wnb-values' });
  private readonly stop: HTMLButtonElement;
  private asked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly feed: Feed) {
    this.stop = h('button', { class: 'wnb-stop', type: 'button', hidden: true, onclick: () => this.askToStop() }, 'Stop');
    this.element = h('header', { class: 'wnb-head' }, this.dot, this.name, this.state, this.elapsed, this.steps, this.values, this.stop);
  }

  update(): void {
    const { run } = this.feed.data;
    if (run === null) return setText(this.state, 'Waiting for the run …');
    this.element.dataset.state = run.state;
    setText(this.name, run.name || run.id);
    this.name.title = [run.project, run.group, run.id].filter(Boolean).join(' · ');
    setText(this.state, run.exitCode ? `${run.state} (exit code ${run.exitCode})` : run.state);
    const lost = run.lost > 0 ? `, ${number(run.lost)} rows lost` : '';
    setText(this.steps, run.rows === 0 ? 'waiting for the first row' : `step ${number(run.step)}${lost}`);
    if (run.rows === 0 && run.state !== 'running') setText(this.steps, 'no rows were logged');
    this.tick();
    this.showValues();
    this.showStop();
  }

  /** Let the clock go on between messages. */
  tick(): void {
    setText(this.elapsed, duration(Math.floor(this.feed.data.elapsed(this.feed.status === 'live'))));
  }

  destroy(): void {
    clearTimeout(this.timer);
  }

  private showValues(): void {
    const { series, metrics } = this.feed.data;
    const keys = group(series.keys(), metrics).flatMap((one) => one.charts).flatMap((chart) => chart.keys);
    const shown = keys.slice(0, MOST_VALUES);
    while (this.values.children.length > shown.length) this.values.lastChild?.remove();
    shown.forEach((key, i) => {
      const chip = this.values.children[i] ?? this.values.appendChild(h('span', { class: 'wnb-chip' }, h('span', {}), h('b', {})));
      setText(chip.firstElementChild!, key);
      setText(chip.lastElementChild!, number(series.get(key)!.value.at(-1)));
    });
  }

  private showStop(): void {
    this.stop.hidden = !this.feed.canStop;
    if (this.stop.hidden) this.asked = false;
    setText(this.stop, this.asked ? 'Stop now' : 'Stop');
    this.stop.title = this.asked ? 'Interrupt the cell at once' : 'Ask the training to end; it is interrupted after two seconds';
  }

  /**
   * The first click asks; who is asked interrupts the cell when the loop takes no notice for two seconds. A second
   * click interrupts at once. The run itself may go on in another cell, so the button is then as before.
   */
  private askToStop(): void {
    clearTimeout(this.timer);
    const force = this.asked;
    this.asked = true;
    this.feed.stop(force).catch(() => setText(this.state, 'could not be stopped from here'));
    this.timer = setTimeout(() => ((this.asked = false), this.showStop()), FORGET_MS);
    this.showStop();
  }
}
