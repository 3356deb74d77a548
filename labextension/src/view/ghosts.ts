import type { OverlaidRun, Overlay } from '../model/overlay';
import { RunData } from '../model/store';
import type { Feed } from '../sources/feed';
import { h, setText } from './dom';

/** The switch that lays the earlier runs of the notebook behind the charts; they are asked for at the first click. */
export class Ghosts {
  readonly button: HTMLButtonElement;
  readonly note = h('p', { class: 'wnb-quiet', role: 'status', hidden: true });
  private runs: OverlaidRun[] | null = null;
  private shown = false;
  private asking = false;

  constructor(private readonly feed: Feed, private readonly overlay: Overlay, private readonly changed: () => void) {
    this.button = h('button', {
      type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', 'aria-keyshortcuts': 'G', hidden: true,
      title: 'Show the earlier runs of this notebook behind the charts (G)', onclick: () => void this.toggle(),
    }, 'Earlier runs');
  }

  update(): void {
    this.button.hidden = !this.feed.offersGhosts && this.runs === null;
    this.button.setAttribute('aria-pressed', String(this.shown));
  }

  /** Show or hide them; never throws. */
  async toggle(): Promise<void> {
    if (this.asking || this.button.hidden) return;
    this.shown = !this.shown;
    if (this.shown && this.runs === null && !(await this.ask())) return this.changed();
    const behind = this.shown ? (this.runs ?? []) : [];
    this.overlay.runs.splice(0, this.overlay.runs.length, ...this.overlay.equals, ...behind);
    this.say(behind.length > 0 ? `Behind the charts: ${behind.map((run) => run.label).join(', ')}` : this.shown ? 'No earlier run of this notebook is known.' : '');
    this.update();
    this.changed();
  }

  private async ask(): Promise<boolean> {
    this.asking = true;
    this.say('Looking for the earlier runs of this notebook …');
    try {
      const { runs, labels } = await this.feed.ghosts();
      this.runs = runs.map((message, i): OverlaidRun => {
        const data = new RunData();
        data.apply(message);
        return { data, label: labels[i]!, role: 'ghost', style: i, hidden: false };
      });
      return true;
    } catch {
      this.shown = false;
      this.say('The earlier runs are not reachable from here.');
      return false;
    } finally {
      this.asking = false;
    }
  }

  private say(words: string): void {
    setText(this.note, words);
    this.note.hidden = words === '';
  }
}
