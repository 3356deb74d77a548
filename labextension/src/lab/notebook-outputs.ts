import type { Widget } from '@lumino/widgets';
import { focusView } from '../view/link-view';
import { runIds } from '../wire/decode';

/** The part of a notebook that is used here, without a dependency on its package. */
export interface NotebookContent {
  activeCellIndex: number;
  readonly widgets: readonly CellWidget[];
  scrollToItem(index: number, align?: string): Promise<void>;
}

interface CellWidget extends Widget {
  readonly model: { readonly id?: string; readonly outputs?: { readonly length: number; get(index: number): { readonly data: Record<string, unknown> } } };
}

const MAX_FRAMES = 60;

/** Go to the first output that draws one of the runs; false if there is none. */
export function reveal(notebook: NotebookContent, ids: string[]): boolean {
  const index = notebook.widgets.findIndex((cell) => draws(cell, ids));
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  // A cell far away is not in the page before the notebook has scrolled there.
  void notebook.scrollToItem(index, 'smart').then(() => focusRun(notebook.widgets[index]!.node, ids));
  return true;
}

/** Go to the cell with this id; false if there is none. */
export function revealCell(notebook: NotebookContent, id: string): boolean {
  const index = id === '' ? -1 : notebook.widgets.findIndex(({ model }) => model.id === id);
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  void notebook.scrollToItem(index, 'smart');
  return true;
}

function draws(cell: CellWidget, ids: string[]): boolean {
  const { outputs } = cell.model;
  for (let i = 0; i < (outputs?.length ?? 0); i += 1) {
    if (runIds(outputs!.get(i).data).some((id) => ids.includes(id))) return true;
  }
  return false;
}

function focusRun(cell: HTMLElement, ids: string[], frames = MAX_FRAMES): void {
  const views = [...cell.querySelectorAll<HTMLElement>('.wnb[data-runs]')];
  const view = views.find(({ dataset }) => dataset.runs!.split(' ').some((id) => ids.includes(id)));
  if (view === undefined) {
    if (frames > 0) requestAnimationFrame(() => focusRun(cell, ids, frames - 1));
    return;
  }
  view.scrollIntoView({ block: 'start' });
  focusView(view);
}
