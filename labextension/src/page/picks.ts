import { PALETTES, colour, dash } from '../chart/palette';
import { setText, swatch } from '../view/dom';
import { themeOf } from '../view/theme';

const MOST_DRAWN = 16;
const DRAWN_UNASKED = 5;

/** Which runs of the project's table are selected, kept while the browser's tab lives, and which are drawn. */
export class Picks {
  private readonly styles = new Map<string, number>();
  /** What is drawn while nothing is selected: the first rows of the table. */
  private readonly unasked = new Map<string, number>();
  private readonly key: string;

  constructor(base: string, private readonly changed: () => void) {
    this.key = `wandb-nb picks ${base}`;
    for (const run of this.read()) add(this.styles, run);
    document.addEventListener('change', (event) => this.clicked(event.target as HTMLInputElement));
    document.getElementById('pick-none')?.addEventListener('click', () => this.clear());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.mark());
    this.mark();
  }

  /** The runs to draw, each with the style that stays its own: the selected ones, as far as more lines tell anything. */
  get drawn(): [run: string, style: number][] {
    return this.styles.size > 0 ? [...this.styles].slice(0, MOST_DRAWN) : [...this.unasked];
  }

  /** Show in the table what is selected; called again when its rows were replaced. */
  mark(): void {
    const rows = [...document.querySelectorAll<HTMLElement>('tr[data-run]')];
    this.chooseUnasked(rows);
    const drawn = new Map(this.drawn);
    for (const row of rows) this.markRow(row, drawn.get(row.dataset.run!));
    const all = document.querySelector<HTMLInputElement>('#pick-all');
    const picked = rows.filter((row) => this.styles.has(row.dataset.run!)).length;
    if (all) {
      all.hidden = rows.length === 0;
      all.checked = rows.length > 0 && picked === rows.length;
      all.indeterminate = picked > 0 && picked < rows.length;
    }
    this.tell();
  }

  private chooseUnasked(rows: HTMLElement[]): void {
    const first = [...new Set(rows.map((row) => row.dataset.run!))].slice(0, DRAWN_UNASKED);
    for (const run of [...this.unasked.keys()]) if (!first.includes(run)) this.unasked.delete(run);
    for (const run of first) add(this.unasked, run);
  }

  private tell(): void {
    const { size } = this.styles;
    const more = size > MOST_DRAWN ? `; the first ${MOST_DRAWN} are drawn` : '';
    setText(document.getElementById('picked-count')!, size === 0 ? 'Select runs to show their charts and compare them.' : `${size} selected${more}`);
    document.getElementById('pick-none')!.hidden = size === 0;
    this.carryUnseen();
  }

  /** Selected runs that are not among the rows shown go along with the form. */
  private carryUnseen(): void {
    const form = document.getElementById('pick')!;
    for (const old of form.querySelectorAll('input[data-unseen]')) old.remove();
    for (const run of this.styles.keys()) {
      if (document.querySelector(`tr[data-run="${CSS.escape(run)}"]`)) continue;
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'run', value: run });
      input.dataset.unseen = '';
      form.append(input);
    }
  }

  private markRow(row: HTMLElement, style: number | undefined): void {
    const picked = this.styles.has(row.dataset.run!);
    row.querySelector<HTMLInputElement>('input[name="run"]')!.checked = picked;
    row.toggleAttribute('data-picked', picked);
    row.querySelector('.swatch')?.remove();
    if (style === undefined) return;
    const sample = swatch(colour(PALETTES[themeOf(row)], style), dash(style));
    sample.setAttribute('class', 'swatch');
    row.querySelector('.pick')!.append(sample);
  }

  private clicked(box: HTMLInputElement): void {
    if (box.id === 'pick-all') {
      for (const row of document.querySelectorAll<HTMLElement>('tr[data-run]')) this.set(row.dataset.run!, box.checked);
    } else if (box.name === 'run' && box.type === 'checkbox') {
      this.set(box.value, box.checked);
    } else return;
    this.keep();
  }

  private clear(): void {
    this.styles.clear();
    this.keep();
  }

  private set(run: string, picked: boolean): void {
    if (picked) add(this.styles, run);
    else this.styles.delete(run);
  }

  private keep(): void {
    sessionStorage.setItem(this.key, JSON.stringify([...this.styles.keys()]));
    this.mark();
    this.changed();
  }

  private read(): string[] {
    try {
      const kept: unknown = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
      return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === 'string') : [];
    } catch {
      return [];
    }
  }
}

/** Give a run the first style that no other one has. */
function add(styles: Map<string, number>, run: string): void {
  const taken = new Set(styles.values());
  let style = 0;
  while (taken.has(style)) style += 1;
  if (!styles.has(run)) styles.set(run, style);
}
