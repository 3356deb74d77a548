import { cellDetails, cellName, cellOf } from '../../chart/cell-ranges';
import type { LinePoint } from '../../chart/chart';
import type { Line } from '../../chart/lines';
import type { OverlaidRun } from '../../model/overlay';
import { freshId, h, icon } from '../dom';
import { sourceBlock } from '../tables/source-code';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';
const SOURCE_ICON = 'M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5';
const MIN_WIDTH_PX = 260;
const MAX_WIDTH_PX = 480;
const GAP_PX = 6;

/** The cell that logged a point, beside its chart: source, duration and result. It stays open until it is closed. */
export class CellPanel {
  readonly element = h('section', { class: 'wnb-cell', id: freshId(), hidden: true });
  readonly button: HTMLButtonElement;
  /** The run, metric and cell that are shown. */
  private subject: { run: OverlaidRun; key: string; id: number } | null = null;
  private content = '';

  /** `point` returns the point whose cell the button opens; `onClose` gets the focus back. */
  constructor(title: string, private readonly card: () => HTMLElement, point: () => LinePoint | null, private readonly onClose: () => void) {
    this.button = h('button', {
      class: 'wnb-tool', type: 'button', hidden: true, 'aria-expanded': 'false', 'aria-controls': this.element.id,
      'aria-label': `Source of a point of ${title}`, title: 'Show the cell that logged the point (Enter, or Ctrl+click the point)',
      onclick: () => void (this.close() || this.show(point())),
    }, icon(SOURCE_ICON));
    for (const part of [this.element, this.button]) {
      part.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && this.close()) event.preventDefault();
      });
    }
  }

  get open(): boolean {
    return !this.element.hidden;
  }

  /** Show the cell that logged a point, if it is known. */
  show(point: LinePoint | null): void {
    const id = point === null ? 0 : cellOf(point.line, point.index);
    if (point === null || id === 0) return;
    this.subject = { run: point.line.run, key: point.line.key, id };
    this.element.hidden = false;
    this.fill(point.line, id);
    this.place();
    this.button.setAttribute('aria-expanded', 'true');
  }

  /** Update for new `lines`: the open cell may have ended or logged more points. */
  update(lines: Line[]): void {
    this.button.hidden = !lines.some((line) => (line.run.data.series.get(line.key)?.cells().length ?? 0) > 0);
    const { subject } = this;
    if (!this.open || subject === null) return;
    const line = lines.find((candidate) => candidate.run === subject.run && candidate.key === subject.key);
    if (line !== undefined) this.fill(line, subject.id);
    this.place();
  }

  /** Returns whether it was open. */
  close(): boolean {
    if (!this.open) return false;
    this.element.hidden = true;
    this.content = '';
    this.button.setAttribute('aria-expanded', 'false');
    this.onClose();
    return true;
  }

  private fill(line: Line, id: number): void {
    const { data, label } = line.run;
    const cell = data.cells.get(id);
    const details = cellDetails(line, id, cell);
    const content = JSON.stringify([label, id, cell, details]);
    if (content === this.content) return;
    this.content = content;
    const name = `Cell ${cellName(data, id)}`;
    this.element.setAttribute('aria-label', `${name} of the notebook`);
    const close = h('button', { type: 'button', class: 'wnb-tool', 'aria-label': `Close ${name}`, title: 'Close (Escape)', onclick: () => this.close() }, icon(CLOSE_ICON));
    this.element.replaceChildren(
      h('div', { class: 'wnb-cell-head' }, h('strong', {}, name), h('span', { class: 'wnb-cell-facts' }, [label, ...details].filter(Boolean).join(' · ')), close),
      ...(cell?.error ? [h('p', { class: 'wnb-cell-error' }, cell.error)] : []),
      cell ? sourceBlock(cell.source, cell.cut, name) : h('p', { class: 'wnb-quiet' }, 'The source of this cell was not saved.'));
  }

  /** Place the panel on the side of the card with more room, else over its lower half; it never changes the layout. */
  private place(): void {
    const card = this.card();
    const bounds = card.closest('.wnb-panel, .wnb-enlarged, .wnb')?.getBoundingClientRect();
    const box = card.getBoundingClientRect();
    if (bounds === undefined || box.width === 0) return;
    const [left, right] = [box.left - bounds.left - GAP_PX, bounds.right - box.right - GAP_PX];
    const room = Math.max(left, right);
    const side = room < MIN_WIDTH_PX ? 'inside' : right >= left ? 'right' : 'left';
    this.element.dataset.side = side;
    this.element.style.width = side === 'inside' ? '' : `${Math.min(MAX_WIDTH_PX, room)}px`;
  }
}
