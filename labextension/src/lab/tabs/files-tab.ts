import { formatBytes } from '../../model/format';
import { ownValue } from '../../model/own-value';
import { h, setText } from '../../view/dom';
import { download } from '../../view/download';
import { highlight } from '../../view/tables/source-code';
import type { Tab } from '../../view/tabs';
import type { RunFile, RunRow, RunsApi } from '../runs-api';
import type { TabOptions } from './polling-tab';
import { pollingTab } from './polling-tab';

const POLL_MS = 5000;
const IMAGE_TYPES: Record<string, string> = { png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif', webp: 'image/webp' };
const MAX_IMAGE_BYTES = 20 << 20;

/** The files of a run, to view or download. */
export function filesTab(api: RunsApi, run: RunRow, options: TabOptions): Tab {
  const note = h('p', { class: 'wnb-quiet', role: 'status' }, 'Loading the list of files …');
  const body = h('tbody', {});
  const viewer = new FileViewer(api, run);
  let content = '';
  const load = async (): Promise<void> => {
    try {
      const files = await api.files(run);
      setText(note, files.length === 0 ? 'This run has no files.' : `${files.length} ${files.length === 1 ? 'file' : 'files'}`);
      if (JSON.stringify(files) === content) return;
      content = JSON.stringify(files);
      body.replaceChildren(...files.map((file) => fileRow(file, viewer)));
    } catch (error) {
      setText(note, (error as Error).message);
    }
  };
  const table = h('div', { class: 'wnb-facts wnb-facts-scroll', tabindex: 0, role: 'region', 'aria-label': 'Files' },
    h('table', {}, h('thead', { class: 'wnb-hidden' }, h('tr', {}, ...['Name', 'Size', 'Actions'].map((name) => h('th', { scope: 'col' }, name)))), body));
  return pollingTab('Files', h('div', { class: 'wnb-panel' }, note, table, viewer.element), load, POLL_MS, options);
}

/** Shows the content of a file. */
export class FileViewer {
  readonly element = h('section', { class: 'wnb-file', hidden: true });
  private url = '';

  constructor(private readonly api: RunsApi, private readonly run: RunRow) {}

  /** Show an image, or the beginning of a text. */
  async show({ path, size }: RunFile): Promise<void> {
    this.element.hidden = false;
    this.fill(path, h('p', { class: 'wnb-quiet' }, 'Loading …'));
    try {
      this.fill(path, await this.content(path, size));
    } catch (error) {
      this.fill(path, h('p', { class: 'wnb-quiet' }, (error as Error).message));
    }
    this.element.scrollIntoView({ block: 'nearest' });
  }

  /** Download the file. */
  async download({ path }: RunFile): Promise<void> {
    download(await this.api.download(this.run, path), path.split('/').at(-1) ?? 'file');
  }

  private fill(path: string, content: HTMLElement): void {
    this.element.replaceChildren(h('h4', {}, path), content);
    this.element.setAttribute('aria-label', `File ${path}`);
  }

  private async content(path: string, size: number): Promise<HTMLElement> {
    const imageType = ownValue(IMAGE_TYPES, path.split('.').at(-1)?.toLowerCase() ?? '');
    if (imageType !== undefined && size <= MAX_IMAGE_BYTES) {
      URL.revokeObjectURL(this.url);
      this.url = URL.createObjectURL(new Blob([await this.api.download(this.run, path)], { type: imageType }));
      return h('img', { src: this.url, alt: path, class: 'wnb-picture' });
    }
    const { text, cut } = await this.api.preview(this.run, path);
    if (text === null) return h('p', { class: 'wnb-quiet' }, 'This file is not text; download it to view it.');
    const nodes = path.endsWith('.py') ? highlight(text) : [document.createTextNode(text)];
    return h('pre', { class: 'wnb-code wnb-console', tabindex: 0, role: 'region', 'aria-label': `Contents of ${path}` },
      h('code', {}, ...nodes, cut && h('span', { class: 'wnb-code-comment' }, '\n… truncated; download the file to see all of it')));
  }
}

function fileRow(file: RunFile, viewer: FileViewer): HTMLElement {
  const button = (text: string, action: () => void): HTMLElement =>
    h('button', { type: 'button', class: 'wnb-toggle', 'aria-label': `${text} ${file.path}`, onclick: action }, text);
  return h('tr', {}, h('th', { scope: 'row' }, file.path), h('td', {}, formatBytes(file.size)),
    h('td', {}, button('View', () => void viewer.show(file)), ' ', button('Download', () => void viewer.download(file).catch(() => viewer.show(file)))));
}
