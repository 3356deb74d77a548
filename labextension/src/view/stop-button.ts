import type { Feed } from '../sources/feed';
import { h, setText } from './dom';

const STOP_CONFIRM_MS = 4000;

/** Stops the training of a run, while there is one to stop. */
export class StopButton {
  readonly element: HTMLButtonElement;
  private requested = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `failed` is called if the request cannot be sent. */
  constructor(private readonly feed: Feed, private readonly failed: () => void) {
    this.element = h('button', { class: 'wnb-stop', type: 'button', hidden: true, onclick: () => this.request() }, 'Stop');
  }

  update(): void {
    this.element.hidden = !this.feed.canStop;
    if (this.element.hidden) this.requested = false;
    setText(this.element, this.requested ? 'Stop now' : 'Stop');
    this.element.title = this.requested ? 'Interrupt the cell now' : 'Stop training (interrupts after 2 s)';
  }

  destroy(): void {
    clearTimeout(this.timer);
  }

  /**
   * The first click asks the training to stop; the server or kernel interrupts the cell if it does not react within
   * two seconds. A second click interrupts it immediately. The run may continue in another cell, so the button is
   * then reset.
   */
  private request(): void {
    clearTimeout(this.timer);
    const force = this.requested;
    this.requested = true;
    this.feed.stop(force).catch(this.failed);
    this.timer = setTimeout(() => ((this.requested = false), this.update()), STOP_CONFIRM_MS);
    this.update();
  }
}
