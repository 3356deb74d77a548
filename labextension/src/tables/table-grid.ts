import { h } from '../view/dom';
import type { CellContent } from './grid-cells';
import { cellContent } from './grid-cells';
import type { GridActions, GridContent } from './grid-content';
import { columnWidths } from './grid-content';
import { GridHead } from './grid-head';
import { gridMove } from './grid-keys';
import { cellMediaList } from './cell-values';
import { FrameTask } from '../view/frame-task';

const [ROW_PX, MEDIA_ROW_PX] = [24, 64];
const [HEAD_ROW_PX, SCROLLBAR_PX, MIN_HEIGHT_PX] = [32, 18, 96];
/** Rows drawn above and below what is visible. */
const OVERSCAN = 6;

/** A row that is drawn; its cells may hold media. */
interface DrawnRow {
  element: HTMLElement;
  cells: CellContent[];
}

/**
 * A table as an ARIA grid, of which only the rows in sight are elements. One cell is a tab stop; arrows move it, the head
 * included, and Enter sorts by a column or opens a cell.
 */
export class TableGrid {
  readonly element: HTMLElement;
  private readonly head: GridHead;
  private readonly body = h('div', { class: 'wnb-table-body', role: 'rowgroup' });
  private readonly rows = new Map<number, DrawnRow>();
  private content: GridContent | null = null;
  /** The tab stop: a shown row, -1 for the head, and a shown column. */
  private active = { row: -1, column: 0 };
  private readonly redraw = new FrameTask(() => this.draw());
  private maxHeightPx = 300;

  constructor(title: string, private readonly actions: GridActions) {
    this.head = new GridHead(actions);
    this.element = h('div', { class: 'wnb-table-grid', role: 'grid', 'aria-label': `Table ${title}`, 'aria-readonly': 'true' }, this.head.element, this.body);
    this.element.addEventListener('scroll', () => this.redraw.request(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.handleKey(event));
    this.element.addEventListener('focusin', (event) => this.follow(event.target as Element));
    this.body.addEventListener('dblclick', (event) => this.openAt(event.target as Element));
  }

  /** Show this content from now on, from its top if `toTop`; else the place and the focus stay, as for new rows of a live run. */
  show(content: GridContent, toTop: boolean): void {
    const hadFocus = this.body.contains(document.activeElement);
    if (this.content?.columns.length !== content.columns.length) this.active = { row: -1, column: 0 };
    this.content = content;
    const widths = columnWidths(content);
    this.element.style.setProperty('--wnb-table-columns', widths.map((width) => `${width}px`).join(' '));
    this.element.style.setProperty('--wnb-table-width', `${widths.reduce((sum, width) => sum + width, 0)}px`);
    this.element.setAttribute('aria-rowcount', String(content.numbers.length + this.headRows));
    this.element.setAttribute('aria-colcount', String(content.columns.length));
    this.body.style.height = `${content.numbers.length * this.rowPx}px`;
    this.element.style.setProperty('--wnb-table-row', `${this.rowPx}px`);
    this.head.show(content);
    this.clear();
    if (toTop) this.element.scrollTop = 0;
    this.clampActive();
    this.resize(this.maxHeightPx);
    this.draw();
    if (hadFocus) this.activeElement()?.focus({ preventScroll: true });
  }

  /** Draw the rows that are in sight now; needed when the size changed. */
  draw(): void {
    if (this.content === null) return;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowPx) - OVERSCAN);
    const end = Math.min(this.content.numbers.length, Math.ceil((scrollTop + clientHeight) / this.rowPx) + OVERSCAN);
    const isWanted = (row: number): boolean => (row >= first && row < end) || row === this.active.row;
    for (const row of this.rows.keys()) if (!isWanted(row)) this.remove(row);
    for (let row = first; row < end; row++) if (!this.rows.has(row)) this.add(row);
    if (this.active.row >= 0 && !this.rows.has(this.active.row)) this.add(this.active.row);
  }

  /** Fit to all rows of the table, up to a height in pixels; conditions leave it as it is. */
  resize(maxHeightPx: number): void {
    this.maxHeightPx = maxHeightPx;
    const rows = (this.content?.table.rows.length ?? 0) * this.rowPx + this.headRows * HEAD_ROW_PX + SCROLLBAR_PX;
    const height = `${Math.max(MIN_HEIGHT_PX, Math.min(maxHeightPx, rows))}px`;
    if (this.element.style.height === height) return;
    this.element.style.height = height;
    this.draw();
  }

  focus(): void {
    this.activeElement()?.focus();
  }

  destroy(): void {
    this.redraw.destroy();
    this.clear();
  }

  private get rowPx(): number {
    const { content } = this;
    return content?.columns.some((column) => content.types[column] === 'media') ? MEDIA_ROW_PX : ROW_PX;
  }

  private get headRows(): number {
    return this.content?.filters ? 2 : 1;
  }

  private add(row: number): void {
    const { content } = this;
    const number = content!.numbers[row]!;
    const cells = content!.columns.map((column) => cellContent(content!.table.rows[number]?.[column], content!.files(column), (place) => this.actions.openMedia(number, column, place)));
    const element = h('div', { class: 'wnb-table-row', role: 'row', 'aria-rowindex': row + 1 + this.headRows }, ...cells.map((cell, i) => this.createCell(cell, row, number, i)));
    element.style.top = `${row * this.rowPx}px`;
    element.dataset.row = String(row);
    this.rows.set(row, { element, cells });
    this.body.append(element);
  }

  private createCell({ node, title }: CellContent, row: number, number: number, i: number): HTMLElement {
    const column = this.content!.columns[i]!;
    const mark = this.content!.mark?.(number, column) ?? null;
    const isActive = row === this.active.row && i === this.active.column;
    return h('div', {
      class: 'wnb-table-cell', role: 'gridcell', 'aria-colindex': i + 1, tabindex: isActive ? 0 : -1, title: title || null,
      'data-type': this.content!.types[column]!, 'data-mark': mark,
    }, node, mark && h('span', { class: 'wnb-hidden' }, ` (${mark})`));
  }

  private remove(row: number): void {
    const drawn = this.rows.get(row);
    if (drawn === undefined) return;
    for (const cell of drawn.cells) cell.destroy?.();
    drawn.element.remove();
    this.rows.delete(row);
  }

  private clear(): void {
    for (const row of [...this.rows.keys()]) this.remove(row);
  }

  private clampActive(): void {
    const { numbers, columns } = this.content!;
    this.setActive(Math.min(this.active.row, numbers.length - 1), Math.min(this.active.column, columns.length - 1));
  }

  /** Make a cell the tab stop, without the focus. */
  private setActive(row: number, column: number): void {
    if (this.activeElement()) this.activeElement()!.tabIndex = -1;
    this.active = { row, column: Math.max(0, column) };
    this.head.setActive(row < 0 ? this.active.column : null);
    if (this.activeElement()) this.activeElement()!.tabIndex = 0;
  }

  private activeElement(): HTMLElement | null {
    const { row, column } = this.active;
    return row < 0 ? this.head.cell(column) : ((this.rows.get(row)?.element.children[column] as HTMLElement | undefined) ?? null);
  }

  /** The tab stop follows the focus, also that of a mouse. */
  private follow(target: Element): void {
    const cell = target.closest('[role=gridcell][aria-colindex], [role=columnheader]');
    const row = cell?.closest<HTMLElement>('[data-row]')?.dataset.row;
    if (cell) this.setActive(row === undefined ? -1 : Number(row), Number(cell.getAttribute('aria-colindex')) - 1);
  }

  private handleKey(event: KeyboardEvent): void {
    if (this.content === null || (event.target as Element).matches('input')) return;
    if (event.key === 'Enter' || event.key === ' ') return this.activateCell(event);
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowPx) - 2);
    const to = gridMove(event, this.active, { rows: this.content.numbers.length, columns: this.content.columns.length, page });
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.setActive(to.row, to.column);
    this.scrollTo(to.row);
    this.draw();
    this.setActive(to.row, to.column);
    this.focus();
  }

  private activateCell(event: KeyboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    const column = this.content!.columns[this.active.column];
    if (column === undefined) return;
    if (this.active.row < 0) this.actions.sort(column, event.shiftKey);
    else this.openCell(this.active.row, column);
  }

  private openAt(target: Element): void {
    const cell = target.closest('[aria-colindex]');
    const row = cell?.closest<HTMLElement>('[data-row]')?.dataset.row;
    if (cell && row !== undefined) this.openCell(Number(row), this.content!.columns[Number(cell.getAttribute('aria-colindex')) - 1]!);
  }

  private openCell(row: number, column: number): void {
    const number = this.content!.numbers[row]!;
    const isMedia = this.content!.files(column) !== null && cellMediaList(this.content!.table.rows[number]?.[column]).length > 0;
    if (isMedia) this.actions.openMedia(number, column, 0);
    else this.actions.open(number, column);
  }

  /** Scroll a row into sight, below the head. */
  private scrollTo(row: number): void {
    if (row < 0) return;
    const [top, visible] = [row * this.rowPx, this.element.clientHeight - this.head.element.offsetHeight];
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.rowPx > scrollTop + visible) this.element.scrollTop = top + this.rowPx - visible;
  }
}
