import { h } from '../view/dom';
import type { GridActions, GridContent } from './grid-content';

/** The head of a grid: names of columns, by which it is sorted, and a field for a condition under each. */
export class GridHead {
  readonly element = h('div', { class: 'wnb-table-head', role: 'rowgroup' });
  private readonly names = h('div', { class: 'wnb-table-row', role: 'row', 'aria-rowindex': 1 });
  private readonly fields = h('div', { class: 'wnb-table-row wnb-table-filters', role: 'row', 'aria-rowindex': 2 });
  private drawn = '';
  private active: number | null = 0;

  constructor(private readonly actions: GridActions) {
    this.element.append(this.names);
  }

  /** Rebuild what changed; a field that a user types in stays. */
  show(content: GridContent): void {
    const { table, types, columns, sort, filters } = content;
    const drawn = JSON.stringify([columns.map((column) => [column, table.columns[column], types[column]]), filters !== null]);
    if (drawn !== this.drawn) this.rebuild(content);
    this.drawn = drawn;
    columns.forEach((column, i) => {
      const at = sort.findIndex((key) => key.column === column);
      const cell = this.names.children[i] as HTMLElement;
      cell.setAttribute('aria-sort', at < 0 ? 'none' : sort[at]!.descending ? 'descending' : 'ascending');
      cell.dataset.order = at < 0 ? '' : `${sort[at]!.descending ? '▼' : '▲'}${sort.length > 1 ? at + 1 : ''}`;
      const field = this.fields.children[i]?.firstElementChild as HTMLInputElement | undefined;
      if (field && field.value !== (filters?.get(column) ?? '')) field.value = filters?.get(column) ?? '';
    });
    this.setActive(this.active);
  }

  cell(index: number): HTMLElement | null {
    return (this.names.children[index] as HTMLElement | undefined) ?? null;
  }

  /** The column that is the tab stop of the grid; null if that is in a row. */
  setActive(index: number | null): void {
    this.active = index;
    [...this.names.children].forEach((cell, i) => ((cell as HTMLElement).tabIndex = i === index ? 0 : -1));
  }

  private rebuild({ table, types, columns, filters }: GridContent): void {
    this.names.replaceChildren(...columns.map((column, i) => h('div', {
      class: 'wnb-table-cell', role: 'columnheader', 'aria-colindex': i + 1, tabindex: -1, 'data-type': types[column]!, 'aria-keyshortcuts': 'Enter Shift+Enter',
      title: `${table.columns[column]}\nClick to sort, Shift+click to sort by several columns`,
      onclick: (event: MouseEvent) => this.actions.sort(column, event.shiftKey),
    }, h('span', {}, table.columns[column]!))));
    this.fields.replaceChildren(...columns.map((column, i) => h('div', { class: 'wnb-table-cell', role: 'gridcell' }, this.createField(table.columns[column]!, column, types[column] === 'number', i))));
    if (filters === null) this.fields.remove();
    else this.element.append(this.fields);
  }

  private createField(name: string, column: number, isNumber: boolean, index: number): HTMLInputElement {
    const field = h('input', {
      type: 'search', class: 'wnb-filter', 'aria-label': `Filter ${name}`, placeholder: isNumber ? '> 0.5' : 'text', title: 'Text, or > < >= <= = != and a value; several joined by "and"',
      'data-index': index, oninput: () => this.actions.filter(column, field.value),
    });
    return field;
  }
}
