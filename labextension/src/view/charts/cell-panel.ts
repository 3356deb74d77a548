import { cellDetails, cellName } from '../../chart/cell-ranges';
import type { Line } from '../../chart/lines';
import { freshId, h, icon } from '../dom';
import { sourceBlock } from '../tables/source-code';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** The cell that logged a point: its source, duration and result. It stays open until it is closed. */
export class CellPanel {
  readonly element = h('section', { class: 'wnb-cell', id: freshId(), hidden: true });
  private content = '';

  constructor(private readonly onClose: () => void) {}

  get open(): boolean {
    return !this.element.hidden;
  }

  /** Show the cell `id` that logged points of `line`. Returns false if the cell is unknown. */
  show(line: Line, id: number): boolean {
    if (id === 0) return false;
    const { data, label } = line.run;
    const cell = data.cells.get(id);
    const details = cellDetails(line, id, cell);
    const content = JSON.stringify([label, id, cell, details]);
    this.element.hidden = false;
    if (content === this.content) return true;
    this.content = content;
    const name = `Cell ${cellName(data, id)}`;
    this.element.setAttribute('aria-label', `${name} of the notebook`);
    const close = h('button', { type: 'button', class: 'wnb-tool', 'aria-label': `Close ${name}`, title: 'Close (Escape)', onclick: () => this.close() }, icon(CLOSE_ICON));
    this.element.replaceChildren(
      h('div', { class: 'wnb-cell-head' }, h('strong', {}, name), h('span', { class: 'wnb-cell-facts' }, [label, ...details].filter(Boolean).join(' · ')), close),
      ...(cell?.error ? [h('p', { class: 'wnb-cell-error' }, cell.error)] : []),
      cell ? sourceBlock(cell.source, cell.cut, name) : h('p', { class: 'wnb-quiet' }, 'The source of this cell was not saved.'));
    return true;
  }

  close(): void {
    if (!this.open) return;
    this.element.hidden = true;
    this.content = '';
    this.onClose();
  }
}
