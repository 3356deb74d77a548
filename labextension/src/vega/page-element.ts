import { htmlFrame } from '../media/media-documents';
import { specOfPage } from './spec-source';
import { VegaElement } from './vega-element';
import { hasVega } from './vega-host';

/** A logged HTML page: the chart of a page that Altair made, which would load its scripts from a server, else a frame without scripts. */
export function pageElement(html: string, title: string): HTMLElement {
  const spec = hasVega() ? specOfPage(html) : null;
  if (spec === null) return htmlFrame(html, title);
  const chart = new VegaElement(title, () => chart.element.replaceWith(htmlFrame(html, title)));
  queueMicrotask(() => void chart.draw(spec)); // once it is on the page, whose colours it has
  return chart.element;
}
