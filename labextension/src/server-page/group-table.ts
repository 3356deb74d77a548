import { formatNumber } from '../model/format';
import { setText } from '../view/dom';
import type { GroupLine } from './group-lines';

/** The page's table of groups: the values of each at one place, and buttons that hide its line. */
export class GroupTable {
  private readonly rows = [...document.querySelectorAll<HTMLElement>('[data-group]')];
  private readonly caption = document.getElementById('group-position');
  private readonly buttons: HTMLElement[];

  /** `onToggle` hides or shows a line; with `only` it hides all others. */
  constructor(lines: GroupLine[], onToggle: (line: GroupLine, only: boolean) => void) {
    this.buttons = this.rows.map((row, index) => {
      const line = lines[index]!;
      const button = Object.assign(document.createElement('button'), { type: 'button', id: `line-${index}`, className: 'plain line-switch', title: 'Click to hide or show, Shift+click to show only this' });
      button.setAttribute('aria-label', `Line of ${line.label}`);
      button.addEventListener('click', (event) => onToggle(line, event.shiftKey));
      const sample = row.querySelector('[data-swatch]')!;
      sample.replaceWith(button);
      button.append(sample);
      return button;
    });
  }

  showHidden(hidden: ReadonlySet<number>): void {
    this.buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(!hidden.has(index))));
  }

  /** Show what each line has at its place in `places`, and where that is. */
  showValues(lines: GroupLine[], places: number[], position: string): void {
    if (this.caption) setText(this.caption, position);
    lines.forEach((line, index) => {
      const place = places[index]!;
      const [mean, low, high] = [line.ys, line.band.low, line.band.high].map((column) => column[place] ?? NaN);
      const runs = line.counts[place] ?? 0;
      const texts = { mean, low, high, runs };
      for (const [name, value] of Object.entries(texts)) {
        const cell = this.rows[index]?.querySelector(`[data-value="${name}"]`);
        if (cell) setText(cell, runs === 0 ? '–' : formatNumber(value!));
      }
    });
  }
}
