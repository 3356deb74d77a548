import type { RunTable } from './table-choice';
import { TableChoice } from './table-choice';
import { TablePanel } from './table-panel';

/** The tables of one or more runs: one of them, or two joined. */
export class RunTables {
  readonly element: HTMLElement;
  private readonly choice: TableChoice;
  private readonly panel: TablePanel;

  constructor(title: string) {
    this.panel = new TablePanel(title);
    this.choice = new TableChoice(title, () => this.show());
    this.panel.toolbar.prepend(this.choice.element);
    this.element = this.panel.element;
  }

  update(tables: RunTable[]): void {
    this.choice.update(tables);
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

  private show(): void {
    const { shown } = this.choice;
    this.element.hidden = shown === null;
    if (shown) this.panel.show(shown);
  }
}
