import { outcome } from '../../model/provenance';
import { code } from '../../view/cell';
import { h, setText } from '../../view/dom';
import type { Tab } from '../../view/tabs';
import type { CellInfo } from '../../wire/messages';
import type { RunRow, RunsApi } from '../api';
import { refreshed } from './console';
import { FileViewer } from './files';

/** The cells of the notebook's session in the order of execution, and the saved scripts. */
export function codeTab(api: RunsApi, run: RunRow, over: () => boolean, changed: () => void): Tab {
  const note = h('p', { class: 'wnb-quiet', role: 'status' }, 'Reading the code …');
  const scripts = h('div', { class: 'wnb-facts-bar' });
  const cells = h('div', { class: 'wnb-changes' });
  const viewer = new FileViewer(api, run);
  let shown = '';
  const ask = async (): Promise<void> => {
    try {
      const found = await api.code(run);
      setText(note, found.cells.length + found.files.length === 0 ? 'The code of this run was not kept.' : '');
      if (JSON.stringify(found) === shown) return;
      shown = JSON.stringify(found);
      scripts.replaceChildren(...found.files.map((file) =>
        h('button', { type: 'button', class: 'wnb-toggle', onclick: () => void viewer.show(file) }, file.path)));
      cells.replaceChildren(...found.cells.map(cell));
    } catch (error) {
      setText(note, (error as Error).message);
    }
  };
  return refreshed('Code', h('div', { class: 'wnb-panel' }, note, scripts, viewer.element, cells), ask, 5000, over, changed);
}

function cell(one: CellInfo): HTMLElement {
  const name = `Cell [${one.n}]`;
  return h('section', { 'aria-label': name }, h('h4', {}, name, ' ', h('span', { class: 'wnb-count' }, outcome(one))),
    one.error !== null && h('p', { class: 'wnb-cell-error' }, one.error), code(one.source, one.cut, name));
}
