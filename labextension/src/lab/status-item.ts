import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { formatNumber } from '../model/format';
import { h, setText } from '../view/dom';
import type { RunRow } from './runs-api';
import type { RunCatalogue } from './run-catalogue';

/** The newest active run in the status bar; a click opens it. */
export class StatusItem extends Widget {
  private readonly button: HTMLButtonElement;
  private readonly stopListening: () => void;
  /** Emitted when an active run appears or disappears. */
  readonly changed = new Signal<this, void>(this);
  private run: RunRow | null = null;

  constructor(private readonly catalogue: RunCatalogue, open: (run: RunRow) => void) {
    super();
    this.addClass('wnb-status');
    this.button = h('button', { type: 'button', class: 'wnb-status-button', onclick: () => this.run && open(this.run) });
    this.node.append(h('style', {}, CSS), this.button);
    this.stopListening = catalogue.listen(() => this.refresh());
    this.refresh();
  }

  get hasRun(): boolean {
    return this.run !== null;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stopListening();
    super.dispose();
  }

  private refresh(): void {
    const before = this.hasRun;
    this.run = this.catalogue.activeRun;
    if (before !== this.hasRun) this.changed.emit();
    if (this.run === null) return;
    const preview = this.catalogue.previews.get(this.run.key);
    const value = preview?.latest == null ? '' : ` · ${preview.metric} ${formatNumber(preview.latest)}`;
    setText(this.button, `${this.run.name}${preview ? ` · step ${formatNumber(preview.step)}` : ''}${value}`);
    this.button.setAttribute('aria-label', `Open the active run: ${this.button.textContent ?? ''}`);
    this.button.title = 'Open the active run';
  }
}

const CSS = '.wnb-status-button { border: 0; background: transparent; color: inherit; font: inherit; padding: 0 4px; cursor: pointer; height: 100%; line-height: 1; display: block; '
  + 'font-variant-numeric: tabular-nums; max-width: 44ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } '
  + '.wnb-status-button::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; background: var(--jp-brand-color1, #1a63c4); }';
