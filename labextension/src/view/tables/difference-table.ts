import { shortTexts } from '../../model/value-differences';
import type { DiffRow } from '../../wire/messages';
import { freshId, h, setText } from '../dom';

const MAX_ROWS = 500;

/** A table with one column per run, of the values that differ or of all. */
export class DifferenceTable {
  readonly element: HTMLElement;
  private readonly head = h('tr', {});
  private readonly body = h('tbody', {});
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly search: HTMLInputElement;
  private readonly all: HTMLInputElement;
  private labels: string[] = [];
  private rows: DiffRow[] = [];
  private content = '';

  /** `name` is used in labels, as in "Search config"; `emptyText` is shown if there are no rows. */
  constructor(name: string, private readonly emptyText: string) {
    this.search = h('input', {
      type: 'search', class: 'wnb-filter', placeholder: `Search ${name}`, 'aria-label': `Search ${name}`, oninput: () => this.draw(),
    });
    const id = freshId();
    this.all = h('input', { type: 'checkbox', id, onchange: () => this.draw() });
    this.element = h('div', { class: 'wnb-facts' },
      h('div', { class: 'wnb-facts-bar' }, this.search, h('label', { class: 'wnb-control', for: id }, this.all, 'Show identical values')),
      h('div', { class: 'wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': `Table of ${name}` },
        h('table', {}, h('thead', {}, this.head), this.body)),
      this.note);
  }

  update(labels: string[], rows: DiffRow[]): void {
    this.labels = labels;
    this.rows = rows;
    this.draw();
  }

  private draw(): void {
    const query = this.search.value.trim().toLowerCase();
    const matches = this.rows.filter((row) => (!row.same || this.all.checked) && `${row.key} ${row.texts.join(' ')}`.toLowerCase().includes(query));
    const content = JSON.stringify([this.labels, matches]);
    if (content !== this.content) this.fill(matches.slice(0, MAX_ROWS));
    this.content = content;
    setText(this.note, this.statusText(this.rows.length, this.rows.filter((row) => !row.same).length, matches.length));
  }

  private fill(rows: DiffRow[]): void {
    const changes = rows.some((row) => row.change !== null);
    const heads = ['Name', ...this.labels, ...(changes ? ['Change'] : [])];
    this.head.replaceChildren(...(rows.length > 0 ? heads.map((head) => h('th', { scope: 'col' }, head)) : []));
    this.body.replaceChildren(...rows.map((row) => h('tr', { class: !row.same && 'wnb-differs' },
      h('th', { scope: 'row' }, row.key), ...shortTexts(row.texts).map((text, i) => h('td', { title: row.texts[i]! }, text ?? '–')), changes && h('td', {}, row.change ?? ''))));
  }

  private statusText(all: number, differing: number, matches: number): string {
    if (all === 0) return this.emptyText;
    if (matches > MAX_ROWS) return `${matches - MAX_ROWS} more; search to find them.`;
    if (matches === 0 && differing > 0) return 'No matches.';
    return differing === 0 ? `All ${all} values are identical.` : `${differing} of ${all} values differ.`;
  }
}
