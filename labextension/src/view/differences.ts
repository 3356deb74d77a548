import type { DiffRow } from '../wire/messages';
import { freshId, h, setText } from './dom';

const MOST_ROWS = 500;

/** A table with a column for each run: what differs, or all. */
export class Differences {
  readonly element: HTMLElement;
  private readonly head = h('tr', {});
  private readonly body = h('tbody', {});
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly search: HTMLInputElement;
  private readonly all: HTMLInputElement;
  private labels: string[] = [];
  private rows: DiffRow[] = [];
  private shown = '';

  constructor(private readonly name: string) {
    this.search = h('input', {
      type: 'search', class: 'wnb-filter', placeholder: `Search the ${name}`, 'aria-label': `Search the ${name}`, oninput: () => this.draw(),
    });
    const id = freshId();
    this.all = h('input', { type: 'checkbox', id, onchange: () => this.draw() });
    this.element = h('div', { class: 'wnb-facts' },
      h('div', { class: 'wnb-facts-bar' }, this.search, h('label', { class: 'wnb-control', for: id }, this.all, 'Show equal values too')),
      h('div', { class: 'wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': `Table of the ${name}` },
        h('table', {}, h('thead', {}, this.head), this.body)),
      this.note);
  }

  update(labels: string[], rows: DiffRow[]): void {
    this.labels = labels;
    this.rows = rows;
    this.draw();
  }

  private draw(): void {
    const wanted = this.search.value.trim().toLowerCase();
    const found = this.rows.filter((row) => (!row.same || this.all.checked) && `${row.key} ${row.texts.join(' ')}`.toLowerCase().includes(wanted));
    const shown = JSON.stringify([this.labels, found]);
    if (shown !== this.shown) this.fill(found.slice(0, MOST_ROWS));
    this.shown = shown;
    setText(this.note, this.words(this.rows.length, this.rows.filter((row) => !row.same).length, found.length));
  }

  private fill(rows: DiffRow[]): void {
    const changes = rows.some((row) => row.change !== null);
    const heads = ['Name', ...this.labels, ...(changes ? ['Change'] : [])];
    this.head.replaceChildren(...(rows.length > 0 ? heads.map((head) => h('th', { scope: 'col' }, head)) : []));
    this.body.replaceChildren(...rows.map((row) => h('tr', { class: !row.same && 'wnb-differs' },
      h('th', { scope: 'row' }, row.key), ...row.texts.map((text) => h('td', {}, text ?? '–')), changes && h('td', {}, row.change ?? ''))));
  }

  private words(all: number, differing: number, found: number): string {
    if (all === 0) return `The ${this.name} is empty, or was not kept.`;
    if (found > MOST_ROWS) return `${found - MOST_ROWS} more: search to see them.`;
    if (found === 0 && differing > 0) return 'Nothing here has this in it.';
    return differing === 0 ? `All ${all} values are equal.` : `${differing} of ${all} values differ.`;
  }
}
