import type { Widget } from '@lumino/widgets';
import { focusView } from '../view/link-view';
import { runIds } from '../wire/decode';

/** The part of a notebook that is used here, without a dependency on its package. */
export interface NotebookContent {
  readonly node: HTMLElement;
  activeCellIndex: number;
  readonly widgets: readonly CellWidget[];
  scrollToItem(index: number, align?: string): Promise<void>;
}

interface CellWidget extends Widget {
  readonly model: { readonly id?: string; readonly outputs?: { readonly length: number; get(index: number): { readonly data: Record<string, unknown> } } };
}

const MAX_FRAMES = 60;
const MAX_SCROLLS = 30;
const SCROLL_MS = 100;

/** Go to the first output that draws one of the runs; false if there is none. */
export function reveal(notebook: NotebookContent, ids: string[]): boolean {
  const index = notebook.widgets.findIndex((cell) => draws(cell, ids));
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  // A cell far away is not in the page before the notebook has scrolled there.
  void scrollTo(notebook, index).then(() => focusRun(notebook.widgets[index]!.node, ids));
  return true;
}

/** Go to the cell with this id; false if there is none. */
export function revealCell(notebook: NotebookContent, id: string): boolean {
  const index = id === '' ? -1 : notebook.widgets.findIndex(({ model }) => model.id === id);
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  void scrollTo(notebook, index);
  return true;
}

/** Scroll until the cell stays in sight: a notebook that has just opened lays its cells out anew and loses its place. */
async function scrollTo(notebook: NotebookContent, index: number): Promise<void> {
  let seen = 0;
  for (let tries = 0; tries < MAX_SCROLLS && seen < 2; tries += 1) {
    if (seen === 0) await notebook.scrollToItem(index, 'smart');
    await new Promise((done) => setTimeout(done, SCROLL_MS));
    seen = isInSight(notebook, index) ? seen + 1 : 0;
  }
}

function isInSight(notebook: NotebookContent, index: number): boolean {
  const cell = notebook.widgets[index]?.node.getBoundingClientRect();
  const area = notebook.node.getBoundingClientRect();
  return cell !== undefined && cell.height > 0 && cell.top < area.bottom && cell.bottom > area.top;
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
