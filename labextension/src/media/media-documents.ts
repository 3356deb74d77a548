import { formatNumber } from '../model/format';
import { h } from '../view/dom';

const MAX_ROWS = 50;
const MAX_COLUMNS = 30;
const MAX_CELL = 200;
/** No scripts, no network: only what is in the document itself. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; media-src data:";
/** Browsers connect to the server of a `link` and look up the names in addresses, whatever the policy is. Frames in the page may have links in turn. */
const CONNECTING_TAGS = /<(?:link|iframe)(?=[\s/>])/gi;
const [NO_LOOKUPS, UNUSED_TAG] = ['<meta http-equiv="x-dns-prefetch-control" content="off">', '<bgsound']; // an empty element like `link`

/** A logged HTML page in a frame of its own origin, without scripts, forms, pop-ups and network. */
export function htmlFrame(html: string, title: string): HTMLIFrameElement {
  const frame = h('iframe', { class: 'wnb-media-frame', sandbox: '', referrerpolicy: 'no-referrer', title });
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}">${NO_LOOKUPS}${html.replace(CONNECTING_TAGS, UNUSED_TAG)}`;
  return frame;
}

/** The first rows of a logged table; its cells are texts. Throws if `json` is not a table. */
export function tableElement(json: string, title: string): HTMLElement {
  const { columns, data } = JSON.parse(json) as { columns?: unknown; data?: unknown };
  if (!Array.isArray(columns) || !Array.isArray(data)) throw new Error('This is not a table.');
  const head = columns.slice(0, MAX_COLUMNS).map((name) => h('th', { scope: 'col' }, cellText(name)));
  const rows = data.slice(0, MAX_ROWS).map((row) => h('tr', {}, ...head.map((_, i) => h('td', {}, cellText((row as unknown[])?.[i])))));
  const cut = data.length > MAX_ROWS ? `first ${MAX_ROWS} of ${formatNumber(data.length)} rows` : `${data.length} ${data.length === 1 ? 'row' : 'rows'}`;
  const more = columns.length > MAX_COLUMNS ? `, first ${MAX_COLUMNS} of ${formatNumber(columns.length)} columns` : '';
  return h('div', { class: 'wnb-media-table', tabindex: 0, role: 'region', 'aria-label': title },
    h('table', {}, h('caption', {}, cut + more), h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows)));
}

function cellText(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined || value === null ? '' : typeof value === 'number' ? formatNumber(value) : JSON.stringify(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)} …` : text;
}
