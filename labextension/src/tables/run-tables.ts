import { formatNumber } from '../model/format';
import { h, setText } from '../view/dom';
import type { RunTable } from './table-choice';
import { TableChoice } from './table-choice';
import { TablePanel } from './table-panel';

/** The tables of one or more runs: one of them, or two joined. */
export class RunTables {
  readonly element: HTMLElement;
  private readonly choice: TableChoice;
  private readonly panel: TablePanel;
  private readonly more: HTMLElement;
  private readonly partsNote: HTMLElement;

  /** `loadMore` gets the next page of a table in parts; null where that is not possible. */
  constructor(title: string, loadMore: (() => void) | null = null) {
    this.panel = new TablePanel(title);
    this.more = h('button', { type: 'button', class: 'wnb-toggle', hidden: true, onclick: () => loadMore?.() }, 'Load more');
    this.partsNote = h('span', { class: 'wnb-table-status', hidden: true });
    this.panel.toolbar.append(this.partsNote, this.more);
    this.choice = new TableChoice(title, () => this.show());
    this.panel.toolbar.prepend(this.choice.element);
    this.element = this.panel.element;
  }

  update(tables: RunTable[]): void {
    this.choice.update(tables);
    this.describeParts(tables);
    this.show();
  }

  /** Fit to a new height of the rows in pixels. */
  resize(heightPx: number): void {
    this.panel.resize(heightPx);
  }

  focus(): void {
    this.panel.focus();
  }

  destroy(): void {
    this.panel.destroy();
  }

  /** What is missing of tables in parts, and whether more can be loaded. */
  private describeParts(tables: readonly RunTable[]): void {
    const parts = tables.map(({ table }) => table.parts).filter((one) => one !== undefined);
    setText(this.partsNote, parts.map(({ loaded, total }) => `${formatNumber(loaded)} of ${formatNumber(total)} parts`).join(', '));
    this.partsNote.hidden = parts.length === 0;
    this.more.hidden = !parts.some(({ hasMore }) => hasMore);
  }

  private show(): void {
    const { shown } = this.choice;
    this.element.hidden = shown === null;
    if (shown) this.panel.show(shown);
  }
}
