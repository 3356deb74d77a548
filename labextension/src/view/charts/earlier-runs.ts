import { formatAge } from '../../model/format';
import type { OverlaidRun, Overlay } from '../../model/overlay';
import { RunData } from '../../model/run-data';
import type { Feed } from '../../sources/feed';
import { h, setText } from '../dom';

/** The button that draws the earlier runs of the notebook behind the charts. They are requested at the first click. */
export class EarlierRunsToggle {
  readonly button: HTMLButtonElement;
  readonly note = h('p', { class: 'wnb-quiet', role: 'status', hidden: true });
  private runs: OverlaidRun[] | null = null;
  private active = false;
  private requesting = false;

  constructor(private readonly feed: Feed, private readonly overlay: Overlay, private readonly changed: () => void) {
    this.button = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', 'aria-keyshortcuts': 'G', hidden: true,
      title: 'Show the earlier runs of this notebook in the background (G)', onclick: () => void this.toggle(),
    }, 'Earlier runs');
  }

  update(): void {
    this.button.hidden = !this.feed.mayHaveEarlierRuns && this.runs === null;
    this.button.setAttribute('aria-pressed', String(this.active));
  }

  /** Show or hide the earlier runs; never throws. */
  async toggle(): Promise<void> {
    if (this.requesting || this.button.hidden) return;
    this.active = !this.active;
    if (this.active && this.runs === null && !(await this.request())) return this.changed();
    const background = this.active ? (this.runs ?? []) : [];
    this.overlay.runs.splice(0, this.overlay.runs.length, ...this.overlay.primaryRuns, ...background);
    this.setNote(this.active ? describe(background) : '');
    this.update();
    this.changed();
  }

  private async request(): Promise<boolean> {
    this.requesting = true;
    this.setNote('Loading the earlier runs of this notebook …');
    try {
      const { runs, labels } = await this.feed.earlierRuns();
      this.runs = runs.map((message, i): OverlaidRun => {
        const data = new RunData();
        data.apply(message);
        return { data, label: labels[i]!, role: 'background', style: null, hidden: false };
      });
      return true;
    } catch {
      this.active = false;
      this.setNote('The earlier runs of this notebook are not available.');
      return false;
    } finally {
      this.requesting = false;
    }
  }

  private setNote(text: string): void {
    setText(this.note, text);
    this.note.hidden = text === '';
  }
}

function describe(runs: OverlaidRun[]): string {
  if (runs.length === 0) return 'This notebook has no earlier runs.';
  return `${runs.length === 1 ? 'Earlier run' : 'Earlier runs'} in background: ${runs.map(nameWithAge).join(', ')}`;
}

function nameWithAge({ label, data }: OverlaidRun): string {
  return data.run === null ? label : `${label} (${formatAge(data.run.startTime, Date.now() / 1000)})`;
}
