import { PALETTES, colour, dash } from '../chart/palette';
import { freeStyle } from '../model/run-styles';
import { setText, swatch } from '../view/dom';
import { themeOf } from '../view/theme';

const MAX_DRAWN = 16;
const DEFAULT_DRAWN = 5;

/** The selected runs of the project table, stored for the browser tab, and the runs to draw. */
export class RunSelection {
  private readonly styles = new Map<string, number>();
  /** The runs drawn if none is selected: the first rows of the table. */
  private readonly defaults = new Map<string, number>();
  private readonly key: string;

  constructor(base: string, private readonly onChange: () => void) {
    this.key = `wandb-nb selection ${base}`;
    for (const run of this.load()) addStyle(this.styles, run);
    document.addEventListener('change', (event) => this.handleChange(event.target as HTMLInputElement));
    document.getElementById('pick-none')?.addEventListener('click', () => this.clear());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.updateTable());
    this.updateTable();
  }

  /** The runs to draw with their styles: the selected ones, up to a readable number. */
  get drawn(): [run: string, style: number][] {
    return this.styles.size > 0 ? [...this.styles].slice(0, MAX_DRAWN) : [...this.defaults];
  }

  /** Show the selection in the table; called again after its rows were replaced. */
  updateTable(): void {
    const rows = [...document.querySelectorAll<HTMLElement>('tr[data-run]')];
    this.updateDefaults(rows);
    const drawn = new Map(this.drawn);
    for (const row of rows) this.updateRow(row, drawn.get(row.dataset.run!));
    const all = document.querySelector<HTMLInputElement>('#pick-all');
    const selectedRows = rows.filter((row) => this.styles.has(row.dataset.run!)).length;
    if (all) {
      all.hidden = rows.length === 0;
      all.checked = rows.length > 0 && selectedRows === rows.length;
      all.indeterminate = selectedRows > 0 && selectedRows < rows.length;
    }
    this.updateCount();
  }

  private updateDefaults(rows: HTMLElement[]): void {
    const first = [...new Set(rows.map((row) => row.dataset.run!))].slice(0, DEFAULT_DRAWN);
    for (const run of [...this.defaults.keys()]) if (!first.includes(run)) this.defaults.delete(run);
    for (const run of first) addStyle(this.defaults, run);
  }

  private updateCount(): void {
    const { size } = this.styles;
    const more = size > MAX_DRAWN ? `; the first ${MAX_DRAWN} are drawn` : '';
    setText(document.getElementById('picked-count')!, size === 0 ? 'Select runs to show their charts and compare them.' : `${size} selected${more}`);
    document.getElementById('pick-none')!.hidden = size === 0;
    this.submitHiddenRuns();
  }

  /** Add selected runs that are not in the table to the form. */
  private submitHiddenRuns(): void {
    const form = document.getElementById('pick')!;
    for (const old of form.querySelectorAll('input[data-unseen]')) old.remove();
    for (const run of this.styles.keys()) {
      if (document.querySelector(`tr[data-run="${CSS.escape(run)}"]`)) continue;
      const input = Object.assign(document.createElement('input'), { type: 'hidden', name: 'run', value: run });
      input.dataset.unseen = '';
      form.append(input);
    }
  }

  private updateRow(row: HTMLElement, style: number | undefined): void {
    const selected = this.styles.has(row.dataset.run!);
    row.querySelector<HTMLInputElement>('input[name="run"]')!.checked = selected;
    row.toggleAttribute('data-picked', selected);
    row.querySelector('.swatch')?.remove();
    if (style === undefined) return;
    const sample = swatch(colour(PALETTES[themeOf(row)], style), dash(style));
    sample.setAttribute('class', 'swatch');
    row.querySelector('.pick')!.append(sample);
  }

  private handleChange(box: HTMLInputElement): void {
    if (box.id === 'pick-all') {
      for (const row of document.querySelectorAll<HTMLElement>('tr[data-run]')) this.select(row.dataset.run!, box.checked);
    } else if (box.name === 'run' && box.type === 'checkbox') {
      this.select(box.value, box.checked);
    } else return;
    this.save();
  }

  private clear(): void {
    this.styles.clear();
    this.save();
  }

  private select(run: string, selected: boolean): void {
    if (selected) addStyle(this.styles, run);
    else this.styles.delete(run);
  }

  private save(): void {
    sessionStorage.setItem(this.key, JSON.stringify([...this.styles.keys()]));
    this.updateTable();
    this.onChange();
  }

  private load(): string[] {
    try {
      const stored: unknown = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
      return Array.isArray(stored) ? stored.filter((one): one is string => typeof one === 'string') : [];
    } catch {
      return [];
    }
  }
}

/** Give a run its own style, or the next free one; it keeps it while it is selected. */
function addStyle(styles: Map<string, number>, run: string): void {
  if (!styles.has(run)) styles.set(run, freeStyle(run, new Set(styles.values())));
}
