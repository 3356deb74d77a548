import { number } from '../model/format';
import { h, icon, setText } from '../view/dom';
import type { Look, RunRow } from './api';
import { ago, stateOf } from './listing';
import { spark } from './spark';

const NOTEBOOK_ICON = 'M4 2h8.5v12H4zM4 4.5H2.5M4 8H2.5M4 11.5H2.5M6.5 5h4M6.5 7.5h4';
const DELETE_ICON = 'M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.5 9h6l.5-9M7 7v4M9 7v4';

/** What can be done with a run of the list. */
export interface RowActions {
  open(row: RunRow): void;
  select(row: RunRow, selected: boolean): void;
  notebook(row: RunRow): void;
  delete(row: RunRow): void;
}

/** One run in the list: its state, name, latest value and curve, and what can be done with it. */
export class RowView {
  readonly element: HTMLElement;
  readonly box: HTMLInputElement;
  private readonly dot = h('span', { class: 'wnb-state-dot', 'aria-hidden': 'true' });
  private readonly name = h('span', { class: 'wnb-row-name' });
  private readonly facts = h('span', { class: 'wnb-row-facts' });
  private readonly value = h('span', { class: 'wnb-row-value' });
  private readonly curve = spark();
  private readonly opener: HTMLButtonElement;
  private readonly notebook: HTMLButtonElement;
  private readonly remove: HTMLButtonElement;

  constructor(public row: RunRow, actions: RowActions) {
    this.box = h('input', { type: 'checkbox', tabindex: -1, onchange: () => actions.select(this.row, this.box.checked) });
    this.opener = h('button', { type: 'button', class: 'wnb-row-open', tabindex: -1, onclick: () => actions.open(this.row) },
      h('span', { class: 'wnb-row-line' }, this.dot, this.name, this.value), h('span', { class: 'wnb-row-line' }, this.facts, this.curve.element));
    this.notebook = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.notebook(this.row) }, icon(NOTEBOOK_ICON));
    this.remove = h('button', { type: 'button', class: 'wnb-tool', tabindex: -1, onclick: () => actions.delete(this.row) }, icon(DELETE_ICON));
    const cell = (kind: string, ...children: HTMLElement[]): HTMLElement => h('div', { role: 'gridcell', class: kind }, ...children);
    this.element = h('div', { role: 'row', class: 'wnb-row', 'data-key': row.key },
      cell('wnb-row-box', this.box), cell('wnb-row-main', this.opener), cell('wnb-row-tools', this.notebook, this.remove));
  }

  /** Draw what is known now. */
  update(row: RunRow, look: Look | undefined, selected: boolean, now: number): void {
    this.row = row;
    const state = stateOf(row, look);
    this.element.dataset.state = state;
    this.element.setAttribute('aria-selected', String(selected));
    this.box.checked = selected;
    setText(this.name, row.name);
    const step = look && look.rows > 0 ? `step ${number(look.step)}` : '';
    const when = state === 'running' && step !== '' ? step : ago(row.created, now);
    setText(this.facts, [state, when, row.registered ? '' : 'folder'].filter(Boolean).join(' · '));
    setText(this.value, look?.latest == null ? '' : number(look.latest));
    this.value.title = look?.metric ?? '';
    this.curve.draw(look?.curve ?? []);
    this.label(row, state, look);
  }

  private label(row: RunRow, state: string, look: Look | undefined): void {
    const value = look?.latest == null ? '' : `, ${look.metric} ${number(look.latest)}`;
    this.opener.setAttribute('aria-label', `Open run ${row.name}, ${state}${value}`);
    this.opener.title = [row.name, row.project, row.group, row.folder].filter(Boolean).join('\n');
    this.box.setAttribute('aria-label', `Select ${row.name} for the overlay`);
    this.notebook.hidden = row.notebook === null;
    this.notebook.setAttribute('aria-label', `Open the notebook of ${row.name}`);
    this.notebook.title = row.notebook === null ? '' : `Open ${row.notebook}`;
    this.remove.disabled = state === 'running';
    this.remove.setAttribute('aria-label', `Delete ${row.name}`);
    this.remove.title = state === 'running' ? 'A run that goes on cannot be deleted' : 'Delete this run …';
  }
}
