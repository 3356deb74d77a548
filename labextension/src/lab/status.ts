import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { number } from '../model/format';
import { h, setText } from '../view/dom';
import type { RunRow } from './api';
import type { Catalogue } from './catalogue';

/** The newest run that goes on, in one line of the status bar; a click opens it. */
export class LiveStatus extends Widget {
  private readonly button: HTMLButtonElement;
  private readonly forget: () => void;
  /** It has something to show now, or nothing any more. */
  readonly changed = new Signal<this, void>(this);
  private run: RunRow | null = null;

  constructor(private readonly catalogue: Catalogue, open: (run: RunRow) => void) {
    super();
    this.addClass('wnb-status');
    this.button = h('button', { type: 'button', class: 'wnb-status-button', onclick: () => this.run && open(this.run) });
    this.node.append(h('style', {}, CSS), this.button);
    this.forget = catalogue.listen(() => this.refresh());
    this.refresh();
  }

  get live(): boolean {
    return this.run !== null;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.forget();
    super.dispose();
  }

  private refresh(): void {
    const before = this.live;
    this.run = this.catalogue.live;
    if (before !== this.live) this.changed.emit();
    if (this.run === null) return;
    const look = this.catalogue.looks.get(this.run.key);
    const value = look?.latest == null ? '' : ` · ${look.metric} ${number(look.latest)}`;
    setText(this.button, `${this.run.name}${look ? ` · step ${number(look.step)}` : ''}${value}`);
    this.button.setAttribute('aria-label', `Open the live run: ${this.button.textContent ?? ''}`);
    this.button.title = 'Open the live run';
  }
}

const CSS = '.wnb-status-button { border: 0; background: transparent; color: inherit; font: inherit; padding: 0 4px; cursor: pointer; height: 100%; line-height: 1; display: block; '
  + 'font-variant-numeric: tabular-nums; max-width: 44ch; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } '
  + '.wnb-status-button::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-right: 6px; background: var(--jp-brand-color1, #1a63c4); }';
