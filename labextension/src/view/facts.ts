import { dotted } from '../model/format';
import type { JsonObject } from '../wire/messages';
import { h, setText } from './dom';

const MOST_ROWS = 500;

/** A mapping as a table with a search box: config or summary. */
export class Facts {
  readonly element: HTMLElement;
  private readonly body = h('tbody', {});
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly search: HTMLInputElement;
  private shown = '';
  private value: JsonObject = {};

  constructor(private readonly name: string) {
    this.search = h('input', {
      type: 'search', class: 'wnb-filter', placeholder: `Search the ${name}`, 'aria-label': `Search the ${name}`,
      oninput: () => this.draw(),
    });
    this.element = h('div', { class: 'wnb-facts' }, this.search,
      h('div', { class: 'wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': `Table of the ${name}` },
        h('table', {},
          h('thead', { class: 'wnb-hidden' }, h('tr', {}, h('th', { scope: 'col' }, 'Name'), h('th', { scope: 'col' }, 'Value'))),
          this.body)),
      this.note);
  }

  update(value: JsonObject): void {
    if (value === this.value) return;
    this.value = value;
    this.draw();
  }

  private draw(): void {
    const wanted = this.search.value.trim().toLowerCase();
    const all = dotted(this.value).filter(([name]) => !name.startsWith('_wandb'));
    const found = all.filter(([name, text]) => `${name} ${text}`.toLowerCase().includes(wanted));
    const rows = found.slice(0, MOST_ROWS);
    const shown = JSON.stringify(rows);
    if (shown !== this.shown) {
      this.body.replaceChildren(...rows.map(([name, text]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, text))));
    }
    this.shown = shown;
    setText(this.note, this.words(all.length, found.length));
  }

  private words(all: number, found: number): string {
    if (all === 0) return `The ${this.name} is empty.`;
    if (found === 0) return 'Nothing here has this in it.';
    return found > MOST_ROWS ? `${found - MOST_ROWS} more: search to see them.` : '';
  }
}
