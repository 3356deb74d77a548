import { number } from '../../model/format';
import { h, setText } from '../../view/dom';
import { highlight } from '../../view/highlight';
import type { Tab } from '../../view/tabs';
import type { FileFacts, RunRow, RunsApi } from '../api';
import { refreshed } from './console';

const IMAGES: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' };
const LARGEST_IMAGE = 20 << 20;

/** The files of a run: looked into here, or downloaded. */
export function filesTab(api: RunsApi, run: RunRow, over: () => boolean, changed: () => void): Tab {
  const note = h('p', { class: 'wnb-quiet', role: 'status' }, 'Reading the list of files …');
  const body = h('tbody', {});
  const viewer = new FileViewer(api, run);
  let shown = '';
  const ask = async (): Promise<void> => {
    try {
      const files = await api.files(run);
      setText(note, files.length === 0 ? 'The run has no files.' : `${files.length} files`);
      if (JSON.stringify(files) === shown) return;
      shown = JSON.stringify(files);
      body.replaceChildren(...files.map((file) => fileRow(file, viewer)));
    } catch (error) {
      setText(note, (error as Error).message);
    }
  };
  const table = h('div', { class: 'wnb-facts wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': 'Files' },
    h('table', {}, h('thead', { class: 'wnb-hidden' }, h('tr', {}, ...['Name', 'Size', 'Actions'].map((name) => h('th', { scope: 'col' }, name)))), body));
  return { ...refreshed('Files', h('div', { class: 'wnb-panel' }, note, table, viewer.element), ask, 5000, over, changed) };
}

/** Where a file is looked into. */
export class FileViewer {
  readonly element = h('section', { class: 'wnb-file', hidden: true });
  private url = '';

  constructor(private readonly api: RunsApi, private readonly run: RunRow) {}

  /** Show the beginning of a text, or a picture. */
  async show({ path, size }: FileFacts): Promise<void> {
    this.element.hidden = false;
    this.fill(path, h('p', { class: 'wnb-quiet' }, 'Reading …'));
    try {
      this.fill(path, await this.content(path, size));
    } catch (error) {
      this.fill(path, h('p', { class: 'wnb-quiet' }, (error as Error).message));
    }
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Give the file to the browser to save. */
  async save({ path }: FileFacts): Promise<void> {
    const url = URL.createObjectURL(await this.api.download(this.run, path));
    h('a', { href: url, download: path.split('/').at(-1) ?? 'file' }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  private fill(path: string, content: HTMLElement): void {
    this.element.replaceChildren(h('h4', {}, path), content);
    this.element.setAttribute('aria-label', `File ${path}`);
  }

  private async content(path: string, size: number): Promise<HTMLElement> {
    const kind = IMAGES[path.split('.').at(-1)?.toLowerCase() ?? ''];
    if (kind !== undefined && size <= LARGEST_IMAGE) {
      URL.revokeObjectURL(this.url);
      this.url = URL.createObjectURL(new Blob([await this.api.download(this.run, path)], { type: kind }));
      return h('img', { src: this.url, alt: path, class: 'wnb-picture' });
    }
    const { text, cut } = await this.api.preview(this.run, path);
    if (text === null) return h('p', { class: 'wnb-quiet' }, 'This is no text; download it to look at it.');
    const lines = path.endsWith('.py') ? highlight(text) : [document.createTextNode(text)];
    return h('pre', { class: 'wnb-code wnb-console', tabindex: 0, role: 'region', 'aria-label': `Contents of ${path}` },
      h('code', {}, ...lines, cut && h('span', { class: 'wnb-code-comment' }, '\n… the rest is in the file')));
  }
}

/** Size in the unit that fits. */
export function bytes(size: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, size < 1000 ? 0 : Math.floor(Math.log10(size) / 3));
  return `${number(Number((size / 1000 ** at).toPrecision(3)))} ${units[at]}`;
}

function fileRow(file: FileFacts, viewer: FileViewer): HTMLElement {
  const button = (text: string, act: () => void): HTMLElement =>
    h('button', { type: 'button', class: 'wnb-toggle', 'aria-label': `${text} ${file.path}`, onclick: act }, text);
  return h('tr', {}, h('th', { scope: 'row' }, file.path), h('td', {}, bytes(file.size)),
    h('td', {}, button('View', () => void viewer.show(file)), ' ', button('Download', () => void viewer.save(file).catch(() => viewer.show(file)))));
}
