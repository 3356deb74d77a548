import { formatNumber } from '../model/format';
import { h, icon } from '../view/dom';
import { indexOf } from './media-steps';

const PLAY_ICON = 'M5 3l8 5-8 5z';
const PAUSE_ICON = 'M5 3v10M11 3v10';
const STEP_MS = 500;

/** The control that plays; starting another one stops it. */
let playing: StepControl | null = null;

/** A slider over steps, and a button that plays them. The button is absent where the user prefers reduced motion. */
export class StepControl {
  readonly element: HTMLElement;
  private readonly slider: HTMLInputElement;
  private readonly button: HTMLButtonElement;
  private readonly motion = matchMedia('(prefers-reduced-motion: reduce)');
  private steps: readonly number[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `choose` gets the place of the chosen step. */
  constructor(private readonly title: string, private readonly choose: (index: number) => void) {
    this.slider = h('input', { type: 'range', min: 0, step: 1, 'aria-label': `Step of ${title}`, oninput: () => this.select(Number(this.slider.value)) });
    this.button = h('button', { class: 'wnb-tool', type: 'button', onclick: () => (this.timer === undefined ? this.play() : this.stop()) });
    this.element = h('div', { class: 'wnb-media-steps', hidden: true }, this.button, this.slider);
    this.drawButton();
  }

  /** Show the place of `step` among `steps`; the last one for null. */
  update(steps: readonly number[], step: number | null): void {
    this.steps = steps;
    const index = indexOf(steps, step);
    this.element.hidden = steps.length < 2;
    this.button.hidden = this.motion.matches;
    if (this.element.hidden || this.motion.matches) this.stop();
    this.slider.max = String(steps.length - 1);
    this.slider.value = String(index);
    this.slider.setAttribute('aria-valuetext', `step ${formatNumber(steps[index] ?? 0)}`);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    if (playing === this) playing = null;
    this.drawButton();
  }

  private play(): void {
    playing?.stop();
    playing = this;
    this.timer = setInterval(() => this.choose((Number(this.slider.value) + 1) % this.steps.length), STEP_MS);
    this.drawButton();
  }

  private select(index: number): void {
    this.stop();
    this.choose(index);
  }

  private drawButton(): void {
    const isPlaying = this.timer !== undefined;
    this.button.replaceChildren(icon(isPlaying ? PAUSE_ICON : PLAY_ICON));
    this.button.title = isPlaying ? 'Pause' : 'Play the steps';
    this.button.setAttribute('aria-label', isPlaying ? `Pause ${this.title}` : `Play the steps of ${this.title}`);
  }
}
