import { dotted } from '../model/format';
import type { Overlay } from '../model/overlay';
import type { RunData } from '../model/store';
import type { JsonObject } from '../wire/messages';
import { freshId, h, setText } from './dom';

const MOST_ROWS = 500;

/** A mapping of several runs side by side, a column a run: what differs, or all. */
export class Differences {
  readonly element: HTMLElement;
  private readonly head = h('tr', {});
  private readonly body = h('tbody', {});
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly search: HTMLInputElement;
  private readonly all: HTMLInputElement;
  private overlay: Overlay | null = null;
  private shown = '';

  constructor(private readonly name: string, private readonly of: (data: RunData) => JsonObject) {
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

  update(overlay: Overlay): void {
    this.overlay = overlay;
    this.draw();
  }

  private draw(): void {
    const runs = this.overlay?.equals ?? [];
    const rows = table(runs.map((run) => this.of(run.data)));
    const wanted = this.search.value.trim().toLowerCase();
    const differing = rows.filter(({ differs }) => differs).length;
    const found = rows.filter((row) => (row.differs || this.all.checked) && `${row.name} ${row.texts.join(' ')}`.toLowerCase().includes(wanted));
    const shown = JSON.stringify([runs.map((run) => run.label), found]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.head.replaceChildren(h('th', { scope: 'col' }, 'Name'), ...runs.map((run) => h('th', { scope: 'col' }, run.label)));
    this.body.replaceChildren(...found.slice(0, MOST_ROWS).map((row) => h('tr', { class: row.differs && 'wnb-differs' },
      h('th', { scope: 'row' }, row.name), ...row.texts.map((text) => h('td', {}, text)))));
    setText(this.note, this.words(rows.length, differing, found.length));
  }

  private words(all: number, differing: number, found: number): string {
    if (all === 0) return `The ${this.name} is empty.`;
    if (found > MOST_ROWS) return `${found - MOST_ROWS} more: search to see them.`;
    if (found === 0 && differing > 0) return 'Nothing here has this in it.';
    return differing === 0 ? `All ${all} values are equal.` : `${differing} of ${all} values differ.`;
  }
}

interface Row {
  name: string;
  texts: string[];
  differs: boolean;
}

function table(values: JsonObject[]): Row[] {
  const columns = values.map((one) => new Map(dotted(one).filter(([name]) => !name.startsWith('_wandb'))));
  const names = [...new Set(columns.flatMap((one) => [...one.keys()]))];
  return names.map((name) => {
    const texts = columns.map((one) => one.get(name) ?? '–');
    return { name, texts, differs: new Set(texts).size > 1 };
  });
}
