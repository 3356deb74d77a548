import type { Line } from '../model/lines';
import { cellFacts, cellName } from '../model/provenance';
import { freshId, h, icon } from './dom';
import { highlight } from './highlight';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';

/** The cell that logged a point: its source, how long it took, how it ended. It stays until it is closed. */
export class CellPanel {
  readonly element = h('section', { class: 'wnb-cell', id: freshId(), hidden: true });
  private shown = '';

  /** `closed` is told when the reader closes it. */
  constructor(private readonly closed: () => void) {}

  get open(): boolean {
    return !this.element.hidden;
  }

  /** Show the cell `id` that logged points of `line`; false where there is nothing to say. */
  show(line: Line, id: number): boolean {
    if (id === 0) return false;
    const { data, label } = line.run;
    const cell = data.cells.get(id);
    const facts = cellFacts(line, id, cell);
    const shown = JSON.stringify([label, id, cell, facts]);
    this.element.hidden = false;
    if (shown === this.shown) return true;
    this.shown = shown;
    const name = `Cell ${cellName(data, id)}`;
    this.element.setAttribute('aria-label', `${name} of the notebook`);
    const close = h('button', { type: 'button', class: 'wnb-tool', 'aria-label': `Close ${name}`, title: 'Close (Escape)', onclick: () => this.close() }, icon(CLOSE_ICON));
    this.element.replaceChildren(
      h('div', { class: 'wnb-cell-head' }, h('strong', {}, name), h('span', { class: 'wnb-cell-facts' }, [label, ...facts].filter(Boolean).join(' · ')), close),
      ...(cell?.error ? [h('p', { class: 'wnb-cell-error' }, cell.error)] : []),
      cell ? code(cell.source, cell.cut, name) : h('p', { class: 'wnb-quiet' }, 'The source of this cell was not kept.'));
    return true;
  }

  close(): void {
    if (!this.open) return;
    this.element.hidden = true;
    this.shown = '';
    this.closed();
  }
}

/** Python's source as a block that can be scrolled by keys. */
export function code(source: string, cut: boolean, name: string): HTMLElement {
  return h('pre', { class: 'wnb-code', tabindex: 0, role: 'region', 'aria-label': `Source of ${name}` },
    h('code', {}, ...highlight(source), cut && h('span', { class: 'wnb-code-comment' }, '\n… the rest is not kept here')));
}
