import { exactText, flatten, formatValue } from '../../model/format';
import type { JsonObject } from '../../wire/messages';
import { h, setText } from '../dom';

const MAX_ROWS = 500;

/** A mapping, config or summary, as a table with a search box. */
export class ValueTable {
  readonly element: HTMLElement;
  private readonly body = h('tbody', {});
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly search: HTMLInputElement;
  private content = '';
  private value: JsonObject = {};

  /** `name` is used in labels, as in "Search config"; `emptyText` is shown if there are no values. */
  constructor(name: string, private readonly emptyText: string) {
    this.search = h('input', {
      type: 'search', class: 'wnb-filter', placeholder: `Search ${name}`, 'aria-label': `Search ${name}`,
      oninput: () => this.draw(),
    });
    this.element = h('div', { class: 'wnb-facts' }, this.search,
      h('div', { class: 'wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': `Table of ${name}` },
        h('table', {},
          h('thead', { class: 'wnb-hidden' }, h('tr', {}, h('th', { scope: 'col' }, 'Name'), h('th', { scope: 'col' }, 'Value'))),
          this.body)),
      this.note);
  }

  /** Whether there is nothing to show of the value. */
  isEmpty(value: JsonObject): boolean {
    return Object.keys(value).every((name) => name.startsWith('_wandb'));
  }

  update(value: JsonObject): void {
    if (value === this.value) return;
    this.value = value;
    this.draw();
  }

  private draw(): void {
    const query = this.search.value.trim().toLowerCase();
    const all = flatten(this.value).filter(([name]) => !name.startsWith('_wandb'));
    const matches = all.filter(([name, value]) => `${name} ${exactText(value)} ${formatValue(value)}`.toLowerCase().includes(query));
    const rows = matches.slice(0, MAX_ROWS);
    const content = JSON.stringify(rows);
    if (content !== this.content) {
      this.body.replaceChildren(...rows.map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', { title: exactText(value) }, formatValue(value)))));
    }
    this.content = content;
    setText(this.note, this.statusText(all.length, matches.length));
  }

  private statusText(all: number, matches: number): string {
    if (all === 0) return this.emptyText;
    if (matches === 0) return 'No matches.';
    return matches > MAX_ROWS ? `${matches - MAX_ROWS} more; search to find them.` : '';
  }
}
