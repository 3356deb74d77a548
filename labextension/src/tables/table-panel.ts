import type { MediaFiles } from '../media/media-files';
import { formatNumber } from '../model/format';
import { saveText } from '../view/charts/chart-export';
import { h, setText } from '../view/dom';
import type { CellMark } from './join-tables';
import { columnType, searchText } from './cell-values';
import { ColumnMenu } from './column-menu';
import type { GridContent } from './grid-content';
import { groupTable } from './group-rows';
import { openCellMedia } from './media-dialog';
import { filterRows } from './row-filter';
import type { SortKey } from './row-order';
import { nextSort, sortRows } from './row-order';
import { tableCsv } from './table-csv';
import type { TableData } from './table-data';
import { TableGrid } from './table-grid';

const MAX_COLUMNS = 100;

/** A table to show, where the media of its columns come from, and how its cells compare with those of another run. */
export interface ShownTable {
  table: TableData;
  files(column: number): MediaFiles | null;
  mark?: (row: number, column: number) => CellMark | null;
}

/** A table with search, conditions, sorting, groups and hidden columns. The choices of a user stay when its rows change. */
export class TablePanel {
  readonly element: HTMLElement;
  readonly toolbar: HTMLElement;
  private readonly grid: TableGrid;
  private readonly status = h('span', { class: 'wnb-table-status', role: 'status' });
  private readonly searchField: HTMLInputElement;
  private readonly filterButton: HTMLElement;
  private readonly groupSelect: HTMLSelectElement;
  private readonly columnMenu: ColumnMenu;
  private shown: ShownTable | null = null;
  private sort: SortKey[] = [];
  private filters = new Map<number, string>();
  private hasFilterRow = false;
  private readonly hidden = new Set<string>();
  /** The column whose values are the rows; null for the rows of the table. */
  private group: string | null = null;
  private content: GridContent | null = null;
  /** The order of the rows for these inputs. */
  private order: { key: string; table: TableData; numbers: Uint32Array } | null = null;

  constructor(private readonly title: string) {
    this.searchField = h('input', { type: 'search', class: 'wnb-filter', placeholder: 'Search', 'aria-label': `Search the table ${title}`, oninput: () => this.draw() });
    this.filterButton = h('button', { type: 'button', class: 'wnb-toggle', 'aria-pressed': 'false', title: 'A condition for each column', onclick: () => this.toggleFilters() }, 'Filter');
    this.groupSelect = h('select', { 'aria-label': `Group the rows of ${title}`, onchange: () => this.setGroup(this.groupSelect.value) });
    this.columnMenu = new ColumnMenu(title, this.hidden, () => this.draw());
    const csv = h('button', { type: 'button', class: 'wnb-toggle', title: 'Save the rows as they are shown', onclick: () => this.saveCsv() }, 'CSV');
    this.toolbar = h('div', { class: 'wnb-table-tools' }, this.searchField, this.filterButton, this.groupSelect, this.columnMenu.element, csv, this.status);
    this.grid = new TableGrid(title, {
      sort: (column, add) => this.sortBy(column, add),
      filter: (column, text) => this.setFilter(column, text),
      open: (row) => this.openGroup(row),
      openMedia: (row, column, place) => openCellMedia(this.element.closest<HTMLElement>('.wnb') ?? this.element, title, this.content!, { row, column, place }),
    });
    this.element = h('div', { class: 'wnb-table-panel' }, this.toolbar, this.grid.element);
  }

  /** Show a table; the same one again changes nothing. */
  show(shown: ShownTable): void {
    if (this.shown?.table === shown.table && this.shown.mark === shown.mark) return;
    const isSimilar = this.shown?.table.columns.join('\n') === shown.table.columns.join('\n');
    this.shown = shown;
    if (!isSimilar) this.reset();
    this.draw(!isSimilar);
  }

  /** Fit the rows to a height in pixels. */
  resize(heightPx: number): void {
    this.grid.resize(heightPx);
  }

  focus(): void {
    this.grid.focus();
  }

  destroy(): void {
    this.grid.destroy();
  }

  /** Forget choices that other columns have no meaning for. */
  private reset(): void {
    const { columns } = this.shown!.table;
    this.sort = [];
    this.filters = new Map();
    if (this.group !== null && !columns.includes(this.group)) this.group = null;
    const option = (value: string, text: string): HTMLElement => h('option', { value, selected: value === (this.group ?? '') }, text);
    this.groupSelect.replaceChildren(option('', 'No groups'), ...columns.slice(0, MAX_COLUMNS).map((name) => option(name, `Group by ${name}`)));
    this.columnMenu.show(columns);
  }

  /** The rows of a group alone: the group's value as a condition. */
  private openGroup(row: number): void {
    if (this.group === null || this.content === null) return;
    const column = this.shown!.table.columns.indexOf(this.group);
    const value = searchText(this.content.table.rows[row]?.[0]);
    this.setGroup('');
    this.hasFilterRow = true;
    this.setFilter(column, `= ${value}`);
    this.grid.focus();
  }

  private setGroup(name: string): void {
    this.group = name === '' ? null : name;
    this.groupSelect.value = name;
    this.sort = [];
    this.filters = new Map();
    this.draw();
  }

  private setFilter(column: number, text: string): void {
    this.filters = new Map(this.filters).set(column, text);
    this.draw();
  }

  private sortBy(column: number, add: boolean): void {
    this.sort = nextSort(this.sort, column, add);
    this.draw();
  }

  private toggleFilters(): void {
    this.hasFilterRow = !this.hasFilterRow;
    if (!this.hasFilterRow) this.filters = new Map();
    this.draw();
  }

  private draw(toTop = true): void {
    if (this.shown === null) return;
    this.content = this.createContent(this.shown);
    this.filterButton.setAttribute('aria-pressed', String(this.hasFilterRow));
    this.grid.show(this.content, toTop);
    setText(this.status, this.statusText(this.content));
  }

  private createContent(shown: ShownTable): GridContent {
    const column = this.group === null ? -1 : shown.table.columns.indexOf(this.group);
    const table = column < 0 ? shown.table : this.grouped(shown.table, column);
    const visible = table.columns.flatMap((name, i) => (column < 0 && this.hidden.has(name) ? [] : [i]));
    const columns = visible.slice(0, MAX_COLUMNS);
    return {
      table, columns, types: table.columns.map((_, i) => (visible.includes(i) ? columnType(table.rows, i) : 'text')),
      numbers: this.rowOrder(table, visible), sort: this.sort, filters: this.hasFilterRow ? this.filters : null,
      files: column < 0 ? (one) => shown.files(one) : (one) => (one === 0 ? shown.files(column) : null),
      ...(column < 0 && shown.mark ? { mark: shown.mark } : {}),
    };
  }

  private groupCache: { table: TableData; column: number; grouped: TableData } | null = null;

  private grouped(table: TableData, column: number): TableData {
    if (this.groupCache?.table !== table || this.groupCache.column !== column) {
      this.groupCache = { table, column, grouped: groupTable(table, Uint32Array.from(table.rows.keys()), column) };
    }
    return this.groupCache.grouped;
  }

  private rowOrder(table: TableData, visible: readonly number[]): Uint32Array {
    const search = this.searchField.value;
    const key = JSON.stringify([search, [...this.filters], this.sort, search === '' ? 0 : visible]);
    if (this.order?.table !== table || this.order.key !== key) {
      const numbers = filterRows(table.rows, { search, columns: this.filters }, visible);
      this.order = { key, table, numbers: sortRows(table.rows, numbers, this.sort) };
    }
    return this.order.numbers;
  }

  private statusText({ table, numbers, columns }: GridContent): string {
    const all = formatNumber(table.rows.length);
    const name = this.group === null ? 'row' : 'group';
    const rows = numbers.length === table.rows.length ? `${all} ${name}${table.rows.length === 1 ? '' : 's'}` : `${formatNumber(numbers.length)} of ${all} ${name}s`;
    if (table.total !== undefined) return `${rows}, the first of ${formatNumber(table.total)}`;
    return columns.length < MAX_COLUMNS || table.columns.length <= MAX_COLUMNS ? rows : `${rows}, first ${MAX_COLUMNS} of ${formatNumber(table.columns.length)} columns`;
  }

  private saveCsv(): void {
    const { table, numbers, columns } = this.content!;
    const rows = Array.from(numbers, (number) => columns.map((column) => table.rows[number]?.[column] ?? null));
    saveText(this.title, tableCsv([{ label: '', table: { columns: columns.map((column) => table.columns[column]!), rows } }]), 'csv');
  }
}
