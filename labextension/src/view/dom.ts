type Child = Node | string | null | false;
type Attributes = Record<string, string | number | boolean | null | ((event: never) => void)>;

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Create an element. Functions become listeners (`onclick`), true an empty attribute, null and false none.
 * Strings among the children become text nodes, so data never becomes markup.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value as EventListener);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** A line icon of 16 by 16 pixels. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'wnb-icon');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** A short sample of a line for legends. */
export function swatch(colour: string, dashes: readonly number[]): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 18 4');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'wnb-swatch');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', 'M0 2H18');
  line.setAttribute('stroke', colour);
  line.setAttribute('stroke-dasharray', dashes.join(' '));
  svg.append(line);
  return svg;
}

/** Set a text only if it differs, so that screen readers stay quiet and the layout stays valid. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let count = 0;

/** An id that no other element of the page has. */
export function freshId(): string {
  count += 1;
  return `wnb-${count}-${Math.random().toString(36).slice(2, 8)}`;
}
