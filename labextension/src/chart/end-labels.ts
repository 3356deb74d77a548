import { nearest } from './axis-ranges';
import type { DrawnLine } from './lines';
import { mainLines } from './lines';
import type { Palette } from './palette';
import { colour } from './palette';
import type { PlotFrame } from './path';
import { separateLabels, toX, toY } from './path';

export const LABEL_FONT_PX = 11;
export const MAX_LABEL_LENGTH = 9;
const MAX_WIDE_LABEL_LENGTH = 18;
const MAX_WIDTH_SHARE = 0.2; // of a chart's width
const MIN_MARGIN_PX = 22; // half of the last label of the x axis
const CHARACTER_WIDTH = 0.6; // of the font size
const PART_SEPARATOR = /, | · /;
const COMMON_START = /^.*(?:[ =/_:(]|(?<!=|\de)-)/s; // the sign of a number or of its exponent begins no word
const COMMON_PARTS = /^.*(?:, | · )/s;
const COMMON_END = /(?:[ /_)]|[.-](?!\d)).*$/s;

/** The names at the ends of the lines: a click hides a line, with Shift all others. The legend has the same for keyboards. */
export class EndLabels<L extends DrawnLine> {
  private readonly container = document.createElement('div');
  /** The lines of the labels, in their order. */
  private lines: L[] = [];

  constructor(host: HTMLElement, private readonly onToggle: (line: L, only: boolean) => void) {
    this.container.className = 'wnb-end-labels';
    this.container.setAttribute('aria-hidden', 'true');
    host.append(this.container);
  }

  /** Place the labels beside the frame in a chart of this width in CSS pixels; `scale` is the canvas pixels per CSS pixel. */
  place(frame: PlotFrame, lines: L[], palette: Palette, width: number, scale: number): void {
    const labelled = mainLines(lines);
    const names = endNames(labelled, maxLength(width));
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

/** The width of the names at the line ends, in CSS pixels, in a chart of this width. */
export function labelWidth(lines: DrawnLine[], chartWidth: number): number {
  const names = endNames(mainLines(lines), maxLength(chartWidth));
  return names.length === 0 ? MIN_MARGIN_PX : 14 + Math.max(...names.map((name) => name.length)) * LABEL_FONT_PX * CHARACTER_WIDTH;
}

/** The last visible position of a line; NaN if it is not visible. */
export function lineEnd(frame: PlotFrame, line: DrawnLine): [x: number, y: number] {
  const i = nearest(line, frame.x[1]);
  if (i < 0 || line.xs[i]! < frame.x[0]) return [NaN, NaN];
  return [toX(frame, line.xs[i]!), toY(frame, line.ys[i]!)];
}

/** Labels of at most `longest` characters: if one is longer, without what all have in common, and cut in the middle. */
export function shortLabels(labels: string[], longest: number): string[] {
  if (labels.every((label) => label.length <= longest)) return labels;
  return withoutCommon(labels).map((label) => cutMiddle(label, longest));
}

/** The first part ("lr=0.1" of "lr=0.1, width=64 · snowy-owl") that is another one in each label, or the whole labels. */
export function distinctParts(labels: string[]): string[] {
  const rows = labels.map((label) => label.split(PART_SEPARATOR));
  const parts = (rows[0] ?? []).map((_, i) => rows.map((row) => row[i] ?? ''));
  return parts.find((column) => new Set(column).size === labels.length && !column.includes('')) ?? labels;
}

export function cutMiddle(label: string, longest: number): string {
  const tail = Math.floor((longest - 1) / 2);
  return label.length > longest ? `${label.slice(0, longest - 1 - tail)}…${label.slice(-tail)}` : label;
}

/** Labels without the whole words with which all of them begin or end; numbers stay whole, and so do values in a list. */
function withoutCommon(labels: string[]): string[] {
  const first = labels[0] ?? '';
  const shortest = Math.min(...labels.map((label) => label.length));
  if (labels.length < 2 || new Set(labels).size < labels.length) return labels;
  let same = 0;
  while (same < shortest && labels.every((label) => label[same] === first[same])) same += 1;
  const boundary = labels.some((label) => PART_SEPARATOR.test(label)) ? COMMON_PARTS : COMMON_START;
  const start = boundary.exec(first.slice(0, Math.min(same, shortest - 1)))?.[0].length ?? 0;
  same = 0;
  while (same < shortest - start - 1 && labels.every((label) => label.at(-1 - same) === first.at(-1 - same))) same += 1;
  const end = COMMON_END.exec(first.slice(first.length - same))?.[0].length ?? 0;
  return labels.map((label) => label.slice(start, label.length - end));
}

/** The characters of a label for which a chart of this width has room. */
export function maxLength(chartWidth: number): number {
  const fitting = Math.floor((chartWidth * MAX_WIDTH_SHARE) / (LABEL_FONT_PX * CHARACTER_WIDTH));
  return Math.min(MAX_WIDE_LABEL_LENGTH, Math.max(MAX_LABEL_LENGTH, fitting));
}

/** The labels of the main lines: their names, or the attempt of a single line. */
function endNames(lines: DrawnLine[], longest: number): string[] {
  if (lines.length === 1) return lines[0]!.endLabel === '' ? [] : [lines[0]!.endLabel];
  return shortLabels(distinctParts(lines.map((line) => line.label)), longest);
}
