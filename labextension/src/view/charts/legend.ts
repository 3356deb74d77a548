import { shortLabels } from '../../chart/end-labels';
import type { Line } from '../../chart/lines';
import { colour, dash } from '../../chart/palette';
import { h, setText, swatch } from '../dom';
import type { ChartContext } from './view-state';

const [CHARACTER_WIDTH_PX, SAMPLE_AND_VALUE_PX] = [6.4, 84];
const MIN_LABEL_LENGTH = 20;

/** The legend of a chart, with a value per line. A click hides or shows a line; with Shift it shows only this line. */
export class Legend {
  readonly element = h('div', { class: 'wnb-legend' });
  private readonly values = new Map<string, HTMLElement>();
  private content = '';

  constructor(private readonly context: ChartContext, private readonly onToggle: (line: Line, only: boolean) => void) {}

  /** Show these lines, hidden ones included. */
  update(lines: Line[]): void {
    const { palette, state, overlay } = this.context;
    const longest = Math.floor((this.element.clientWidth - SAMPLE_AND_VALUE_PX) / CHARACTER_WIDTH_PX);
    const labels = shortLabels(lines.map((line) => line.label), Math.max(MIN_LABEL_LENGTH, longest));
    const content = [...lines.map((line, i) => `${lineId(line)} ${line.label} ${labels[i]} ${line.attempt} ${line.hidden}`), palette.ink, state.dashes].join('\n');
    if (content === this.content) return;
    this.content = content;
    const focused = [...this.element.children].indexOf(document.activeElement!);
    this.values.clear();
    this.element.replaceChildren(...lines.map((line, i) => (lines.length > 1 || overlay.isComparison ? this.toggle(line, labels[i]!) : this.valueOf(line))));
    (this.element.children[focused] as HTMLElement | undefined)?.focus();
  }

  setValue(line: Line, value: string): void {
    const element = this.values.get(lineId(line));
    if (element) setText(element, value);
  }

  private toggle(line: Line, label: string): HTMLElement {
    const { palette, state, overlay } = this.context;
    const name = overlay.isComparison ? `${line.label} · ${line.key}` : line.key;
    return h('button', {
      type: 'button', class: 'wnb-entry', 'aria-pressed': String(!line.hidden), title: `${name}\nClick to hide or show, Shift+click to show only this`,
      onclick: (event: MouseEvent) => this.onToggle(line, event.shiftKey),
      onkeydown: (event: KeyboardEvent) => {
        if (event.key !== 'Enter' || !event.shiftKey) return;
        event.preventDefault();
        this.onToggle(line, true);
      },
    }, swatch(colour(palette, line.style), dash(line.dash, state.dashes)), h('span', { class: 'wnb-name' }, label), this.valueOf(line));
  }

  private valueOf(line: Line): HTMLElement {
    const element = h('span', { class: 'wnb-value' });
    this.values.set(lineId(line), element);
    return element;
  }
}

/** Hide or show a line: a run where runs are compared, else a metric. With `only`, show it alone, or all if it is alone already. */
export function toggleLine({ overlay, state }: ChartContext, line: Line, lines: Line[], only: boolean): void {
  const others = lines.filter((other) => other.run !== line.run || other.key !== line.key);
  const setHidden = ({ run, key }: Line, hidden: boolean): void => {
    if (overlay.isComparison) run.hidden = hidden;
    else if (hidden) state.hiddenKeys.add(key);
    else state.hiddenKeys.delete(key);
  };
  if (!only) return setHidden(line, !line.hidden);
  const alone = !line.hidden && others.every((other) => other.hidden);
  setHidden(line, false);
  for (const other of others) setHidden(other, !alone);
}

function lineId(line: Line): string {
  return `${line.style} ${line.key}`;
}
