import { cellOutcome } from '../../chart/cell-ranges';
import { h, setText } from '../../view/dom';
import { sourceBlock } from '../../view/tables/source-code';
import type { Tab } from '../../view/tabs';
import type { CellInfo } from '../../wire/messages';
import type { RunRow, RunsApi } from '../runs-api';
import { FileViewer } from './files-tab';
import type { TabOptions } from './polling-tab';
import { pollingTab } from './polling-tab';

const POLL_MS = 5000;

/** The executed cells of the notebook session in their order, and the saved scripts. */
export function codeTab(api: RunsApi, run: RunRow, options: TabOptions): Tab {
  const note = h('p', { class: 'wnb-quiet', role: 'status' }, 'Loading code …');
  const scripts = h('div', { class: 'wnb-facts-bar' });
  const cells = h('div', { class: 'wnb-changes' });
  const viewer = new FileViewer(api, run);
  let content = '';
  const load = async (): Promise<void> => {
    try {
      const code = await api.code(run);
      setText(note, code.cells.length + code.files.length === 0 ? 'No code was saved.' : '');
      if (JSON.stringify(code) === content) return;
      content = JSON.stringify(code);
      scripts.replaceChildren(...code.files.map((file) =>
        h('button', { type: 'button', class: 'wnb-toggle', onclick: () => void viewer.show(file) }, file.path)));
      cells.replaceChildren(...code.cells.map(cellSection));
    } catch (error) {
      setText(note, (error as Error).message);
    }
  };
  return pollingTab('Code', h('div', { class: 'wnb-panel' }, note, scripts, viewer.element, cells), load, POLL_MS, options);
}

function cellSection(cell: CellInfo): HTMLElement {
  const name = `Cell [${cell.n}]`;
  return h('section', { 'aria-label': name }, h('h4', {}, name, ' ', h('span', { class: 'wnb-count' }, `(${cellOutcome(cell)})`)),
    cell.error !== null && h('p', { class: 'wnb-cell-error' }, cell.error), sourceBlock(cell.source, cell.cut, name));
}
