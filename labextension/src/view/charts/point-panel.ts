import { cellDetails, cellName, cellOf } from '../../chart/cell-ranges';
import type { LinePoint } from '../../chart/chart';
import type { Line } from '../../chart/lines';
import { runPoint } from '../../chart/run-point';
import { formatNumber } from '../../model/format';
import type { OverlaidRun } from '../../model/overlay';
import type { RunPoint } from '../../model/point-versions';
import { versionsAt } from '../../model/point-versions';
import { freshId, h, icon } from '../dom';
import { sourceBlock } from '../tables/source-code';
import { versionList } from './version-list';

const CLOSE_ICON = 'M4 4l8 8M12 4l-8 8';
const SOURCE_ICON = 'M5.5 4.5L2 8l3.5 3.5M10.5 4.5L14 8l-3.5 3.5';
const MIN_WIDTH_PX = 260;
const MAX_WIDTH_PX = 480;
const GAP_PX = 6;

/** What leads from a point to other things, beside its chart: the cell that logged it, and the artifacts the run had logged. It stays open until it is closed. */
export class PointPanel {
  readonly element = h('section', { class: 'wnb-cell', id: freshId(), hidden: true });
  readonly button: HTMLButtonElement;
  /** The run, metric, cell and place of the point that is shown. */
  private subject: { run: OverlaidRun; key: string; id: number; at: RunPoint } | null = null;
  private content = '';

  /** `point` returns the point whose panel the button opens; `onClose` gets the focus back. */
  constructor(private readonly title: string, private readonly card: () => HTMLElement, point: () => LinePoint | null, private readonly onClose: () => void) {
    this.button = h('button', {
      class: 'wnb-tool', type: 'button', hidden: true, 'aria-expanded': 'false', 'aria-controls': this.element.id,
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

  /** Show the cell that logged a point and the artifacts logged before it, if there are any. */
  show(point: LinePoint | null): void {
    if (point === null) return;
    const id = cellOf(point.line, point.index);
    const at = runPoint(point);
    if (id === 0 && versionsAt(point.line.run.data.artifacts, at).length === 0) return;
    this.subject = { run: point.line.run, key: point.line.key, id, at };
    this.element.hidden = false;
    this.fill(point.line);
    this.place();
    this.button.setAttribute('aria-expanded', 'true');
  }

  /** Update for new `lines`: the open cell may have ended or logged more points, the run more artifacts. */
  update(lines: Line[]): void {
    this.updateButton(lines);
    const { subject } = this;
    if (!this.open || subject === null) return;
    const line = lines.find((candidate) => candidate.run === subject.run && candidate.key === subject.key);
    if (line !== undefined) this.fill(line);
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

  private updateButton(lines: Line[]): void {
    const hasCells = lines.some((line) => (line.run.data.series.get(line.key)?.cells().length ?? 0) > 0);
    this.button.hidden = !hasCells && !lines.some((line) => line.run.data.artifacts.length > 0);
    this.button.setAttribute('aria-label', `${hasCells ? 'Source' : 'Artifacts'} of a point of ${this.title}`);
    this.button.title = `Show the ${hasCells ? 'cell that logged the point' : 'artifacts logged before the point'} (Enter, or Ctrl+click the point)`;
  }

  private fill(line: Line): void {
    const { data, label } = line.run;
    const { id, at } = this.subject!;
    const cell = data.cells.get(id);
    const details = id === 0 ? [] : cellDetails(line, id, cell);
    const versions = versionsAt(data.artifacts, at);
    const content = JSON.stringify([label, id, at, cell, details, versions]);
    if (content === this.content) return;
    this.content = content;
    const name = id === 0 ? `Step ${formatNumber(at.step)}` : `Cell ${cellName(data, id)}`;
    this.element.setAttribute('aria-label', `${name} of the ${id === 0 ? 'run' : 'notebook'}`);
    const close = h('button', { type: 'button', class: 'wnb-tool', 'aria-label': `Close ${name}`, title: 'Close (Escape)', onclick: () => this.close() }, icon(CLOSE_ICON));
    this.element.replaceChildren(
      h('div', { class: 'wnb-cell-head' }, h('strong', {}, name), h('span', { class: 'wnb-cell-facts' }, [label, ...details].filter(Boolean).join(' · ')), close),
      ...(cell?.error ? [h('p', { class: 'wnb-cell-error' }, cell.error)] : []),
      ...(versions.length > 0 ? [versionList(data.run, versions, at.step)] : []),
      ...(cell ? [sourceBlock(cell.source, cell.cut, name)] : id === 0 ? [] : [h('p', { class: 'wnb-quiet' }, 'The source of this cell was not saved.')]));
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
