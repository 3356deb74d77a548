import { colour, PALETTES } from '../../chart/palette';
import { preferredStyle } from '../../model/run-styles';
import { formatAge, formatDuration, formatNumber } from '../../model/format';
import { h, icon, setText } from '../../view/dom';
import { themeOf } from '../../view/theme';
import type { RunPreview, RunRow } from '../runs-api';
import { stateOf } from './run-query';
import { sparkline } from './sparkline';

const NOTEBOOK_ICON = 'M4 2h8.5v12H4zM4 4.5H2.5M4 8H2.5M4 11.5H2.5M6.5 5h4M6.5 7.5h4';
const DELETE_ICON = 'M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4';

/** The actions on a run of the list. */
export interface RunRowActions {
  open(row: RunRow): void;
  select(row: RunRow, selected: boolean): void;
  openNotebook(row: RunRow): void;
  delete(row: RunRow): void;
}

/** One run in the list: state, name, latest value, curve and actions. */
export class RunRowView {
  readonly element: HTMLElement;
  readonly box: HTMLInputElement;
  private readonly dot = h('span', { class: 'wnb-state-dot', 'aria-hidden': 'true' });
  private readonly name = h('span', { class: 'wnb-row-name' });
  private readonly id = h('span', { class: 'wnb-row-id' });
  private readonly outcome = h('span', {});
  private readonly progress = h('span', {});
  private readonly details = h('span', { class: 'wnb-row-facts' }, this.outcome, ' ', this.progress);
  private readonly value = h('span', { class: 'wnb-row-value' });
  private readonly curve = sparkline();
  private readonly openButton: HTMLButtonElement;
  private readonly notebookButton: HTMLButtonElement;
  private readonly deleteButton: HTMLButtonElement;

  constructor(public row: RunRow, actions: RunRowActions) {
    this.box = h('input', { type: 'checkbox', tabindex: -1, onchange: () => actions.select(this.row, this.box.checked) });
    this.openButton = h('button', { type: 'button', class: 'wnb-row-open', tabindex: -1, onclick: () => actions.open(this.row) },
      h('span', { class: 'wnb-row-line' }, this.dot, this.name, this.id, this.value), h('span', { class: 'wnb-row-line' }, this.details, this.curve.element));
    this.notebookButton = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.openNotebook(this.row) }, icon(NOTEBOOK_ICON));
    this.deleteButton = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.delete(this.row) }, icon(DELETE_ICON));
    const cell = (kind: string, ...children: HTMLElement[]): HTMLElement => h('div', { role: 'gridcell', class: kind }, ...children);
    this.element = h('div', { role: 'row', class: 'wnb-row', 'data-key': row.key },
      cell('wnb-row-box', this.box), cell('wnb-row-main', this.openButton), cell('wnb-row-tools', this.notebookButton, this.deleteButton));
  }

  /** Show the current data. A run that is not `unique` in its name shows its id; `now` is in Unix seconds. */
  update(row: RunRow, unique: boolean, preview: RunPreview | undefined, selected: boolean, now: number): void {
    this.row = row;
    const state = stateOf(row, preview);
    this.element.dataset.state = state;
    this.element.setAttribute('aria-selected', String(selected));
    this.box.checked = selected;
    setText(this.name, row.name);
    setText(this.id, unique ? '' : row.id);
    const [outcome, ...others] = stateTexts(row, state, preview, now);
    const progress = [...others, ...(row.registered ? [] : ['folder'])].join(' · ');
    setText(this.outcome, progress === '' ? outcome! : `${outcome} ·`);
    setText(this.progress, progress);
    setText(this.value, preview?.latest == null ? '' : formatNumber(preview.latest));
    this.value.title = preview?.metric ?? '';
    this.curve.draw(preview?.curve ?? [], colour(PALETTES[themeOf(this.element)], preferredStyle(row.id)));
    this.updateLabels(row, unique ? row.name : `${row.name} (${row.id})`, state, preview);
  }

  private updateLabels(row: RunRow, label: string, state: string, preview: RunPreview | undefined): void {
    const value = preview?.latest == null ? '' : `, ${preview.metric} ${formatNumber(preview.latest)}`;
    this.openButton.setAttribute('aria-label', `Open run ${label}, ${state}${value}`);
    this.openButton.title = [label, row.project, row.group, row.folder].filter(Boolean).join('\n');
    this.box.setAttribute('aria-label', `Select ${label} for the overlay`);
    this.notebookButton.hidden = row.notebook === null;
    this.notebookButton.setAttribute('aria-label', `Open the notebook of ${label}`);
    this.notebookButton.title = row.notebook === null ? '' : `Go to the run's cell in ${row.notebook}`;
    this.deleteButton.disabled = state === 'running';
    this.deleteButton.setAttribute('aria-label', `Delete ${label}`);
    this.deleteButton.title = state === 'running' ? 'An active run cannot be deleted' : 'Delete this run …';
  }
}

/** "running for 2:10" and "step 12", "finished 5 min ago" and "ran 1:20", or "crashed" and "started 2 h ago" where the end is unknown. */
function stateTexts(row: RunRow, state: string, preview: RunPreview | undefined, now: number): string[] {
  const step = preview && preview.rows > 0 ? [`step ${formatNumber(preview.step)}`] : [];
  if (state === 'running') return [`${state} for ${formatDuration(Math.max(0, Math.floor(now - row.created)))}`, ...step];
  if (row.ended === null) return [state, `started ${formatAge(row.created, now)}`];
  return [`${state} ${formatAge(row.ended, now)}`, `ran ${formatDuration(Math.max(0, row.ended - row.created))}`];
}
