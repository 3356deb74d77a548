import { nearest } from './axis-ranges';
import type { Line } from './lines';
import { mainLines } from './lines';
import type { Palette } from './palette';
import { colour } from './palette';
import type { PlotFrame } from './path';
import { separateLabels, toX, toY } from './path';

export const LABEL_FONT_PX = 11;
const MAX_LABEL_LENGTH = 9;
const MIN_MARGIN_PX = 22; // half of the last label of the x axis
const CHARACTER_WIDTH = 0.6; // of the font size

/** The names at the ends of the lines: a click hides a line, with Shift all others. The legend has the same for keyboards. */
export class EndLabels {
  private readonly container = document.createElement('div');
  /** The lines of the labels, in their order. */
  private lines: Line[] = [];

  constructor(host: HTMLElement, private readonly onToggle: (line: Line, only: boolean) => void) {
    this.container.className = 'wnb-end-labels';
    this.container.setAttribute('aria-hidden', 'true');
    host.append(this.container);
  }

  /** Place the labels beside the frame; `scale` is the canvas pixels per CSS pixel. */
  place(frame: PlotFrame, lines: Line[], palette: Palette, scale: number): void {
    const labelled = mainLines(lines);
    const names = endNames(labelled);
    const ends = labelled.map((line) => lineEnd(frame, line)[1]);
    const preferred = ends.map((y) => (Number.isNaN(y) ? frame.top + frame.height : y));
    const [top, bottom] = [frame.top + 5 * scale, frame.top + frame.height - 5 * scale];
    const heights = separateLabels(preferred, (LABEL_FONT_PX + 1) * scale, top, bottom);
    this.lines = names.length === 0 ? [] : labelled;
    this.lines.forEach((line, i) => {
      const label = (this.container.children[i] as HTMLElement | undefined) ?? this.createLabel(i);
      label.hidden = Number.isNaN(ends[i]);
      if (label.textContent !== names[i]) label.textContent = names[i]!;
      label.title = `${line.label} (click to hide, Shift+click to show only this)`;
      Object.assign(label.style, { color: colour(palette, line.style), left: `${(frame.left + frame.width) / scale + 6}px`, top: `${heights[i]! / scale}px` });
    });
    while (this.container.children.length > this.lines.length) this.container.lastChild!.remove();
  }

  clear(): void {
    this.container.replaceChildren();
  }

  /** Labels are reused, so that a click is not lost when a live chart is redrawn. */
  private createLabel(index: number): HTMLElement {
    const element = document.createElement('span');
    element.addEventListener('click', (event) => {
      event.stopPropagation();
      this.onToggle(this.lines[index]!, event.shiftKey);
    });
    return this.container.appendChild(element);
  }
}

/** The width of the names at the line ends, in CSS pixels. */
export function labelWidth(lines: Line[]): number {
  const names = endNames(mainLines(lines));
  return names.length === 0 ? MIN_MARGIN_PX : 14 + Math.max(...names.map((name) => name.length)) * LABEL_FONT_PX * CHARACTER_WIDTH;
}

/** The last visible position of a line; NaN if it is not visible. */
export function lineEnd(frame: PlotFrame, line: Line): [x: number, y: number] {
  const i = nearest(line, frame.x[1]);
  if (i < 0 || line.xs[i]! < frame.x[0]) return [NaN, NaN];
  return [toX(frame, line.xs[i]!), toY(frame, line.ys[i]!)];
}

/** Short forms of names: their beginnings, or their ends if beginnings are the same. */
export function shortNames(names: string[]): string[] {
  const heads = names.map(shorten);
  return names.map((name, i) => (heads.filter((head) => head === heads[i]).length > 1 && heads[i] !== name ? `…${name.slice(1 - MAX_LABEL_LENGTH)}` : heads[i]!));
}

export function shorten(label: string): string {
  return label.length > MAX_LABEL_LENGTH ? `${label.slice(0, MAX_LABEL_LENGTH - 1)}…` : label;
}

/** The labels of the main lines: their names, or the attempt of a single line. */
function endNames(lines: Line[]): string[] {
  if (lines.length === 1) return lines[0]!.endLabel === '' ? [] : [lines[0]!.endLabel];
  return shortNames(lines.map((line) => line.label));
}
