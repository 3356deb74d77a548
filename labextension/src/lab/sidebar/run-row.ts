import { formatAge, formatNumber } from '../../model/format';
import { h, icon, setText } from '../../view/dom';
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
  private readonly details = h('span', { class: 'wnb-row-facts' });
  private readonly value = h('span', { class: 'wnb-row-value' });
  private readonly curve = sparkline();
  private readonly openButton: HTMLButtonElement;
  private readonly notebookButton: HTMLButtonElement;
  private readonly deleteButton: HTMLButtonElement;

  constructor(public row: RunRow, actions: RunRowActions) {
    this.box = h('input', { type: 'checkbox', tabindex: -1, onchange: () => actions.select(this.row, this.box.checked) });
    this.openButton = h('button', { type: 'button', class: 'wnb-row-open', tabindex: -1, onclick: () => actions.open(this.row) },
      h('span', { class: 'wnb-row-line' }, this.dot, this.name, this.value), h('span', { class: 'wnb-row-line' }, this.details, this.curve.element));
    this.notebookButton = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.openNotebook(this.row) }, icon(NOTEBOOK_ICON));
    this.deleteButton = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.delete(this.row) }, icon(DELETE_ICON));
    const cell = (kind: string, ...children: HTMLElement[]): HTMLElement => h('div', { role: 'gridcell', class: kind }, ...children);
    this.element = h('div', { role: 'row', class: 'wnb-row', 'data-key': row.key },
      cell('wnb-row-box', this.box), cell('wnb-row-main', this.openButton), cell('wnb-row-tools', this.notebookButton, this.deleteButton));
  }

  /** Show the current data; `now` in Unix seconds. */
  update(row: RunRow, preview: RunPreview | undefined, selected: boolean, now: number): void {
    this.row = row;
    const state = stateOf(row, preview);
    this.element.dataset.state = state;
    this.element.setAttribute('aria-selected', String(selected));
    this.box.checked = selected;
    setText(this.name, row.name);
    setText(this.details, [stateText(row, state, preview, now), row.registered ? '' : 'folder'].filter(Boolean).join(' · '));
    setText(this.value, preview?.latest == null ? '' : formatNumber(preview.latest));
    this.value.title = preview?.metric ?? '';
    this.curve.draw(preview?.curve ?? []);
    this.updateLabels(row, state, preview);
  }

  private updateLabels(row: RunRow, state: string, preview: RunPreview | undefined): void {
    const value = preview?.latest == null ? '' : `, ${preview.metric} ${formatNumber(preview.latest)}`;
    this.openButton.setAttribute('aria-label', `Open run ${row.name}, ${state}${value}`);
    this.openButton.title = [row.name, row.project, row.group, row.folder].filter(Boolean).join('\n');
    this.box.setAttribute('aria-label', `Select ${row.name} for the overlay`);
    this.notebookButton.hidden = row.notebook === null;
    this.notebookButton.setAttribute('aria-label', `Open the notebook of ${row.name}`);
    this.notebookButton.title = row.notebook === null ? '' : `Open ${row.notebook}`;
    this.deleteButton.disabled = state === 'running';
    this.deleteButton.setAttribute('aria-label', `Delete ${row.name}`);
    this.deleteButton.title = state === 'running' ? 'An active run cannot be deleted' : 'Delete this run …';
  }
}

/** "running · step 12", "finished 58 s ago", or "crashed · started 2 h ago" where the end is unknown. */
function stateText(row: RunRow, state: string, preview: RunPreview | undefined, now: number): string {
  if (state === 'running' && preview && preview.rows > 0) return `${state} · step ${formatNumber(preview.step)}`;
  return row.ended === null ? `${state} · started ${formatAge(row.created, now)}` : `${state} ${formatAge(row.ended, now)}`;
}
