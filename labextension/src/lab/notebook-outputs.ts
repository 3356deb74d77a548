import type { Widget } from '@lumino/widgets';
import type { ChartLocation } from '../view/link-view';
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
  readonly model: { readonly id?: string; readonly executionCount?: number | null; readonly outputs?: { readonly length: number; get(index: number): Output } };
}

/** An output of a cell. */
export interface Output {
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  setData(content: { data: Record<string, unknown>; metadata: Record<string, unknown> }): void;
}

const MAX_FRAMES = 60;
const MAX_SCROLLS = 30;
const SCROLL_MS = 100;

/** Go to the first output that draws one of the runs; false if there is none. */
export function reveal(notebook: NotebookContent, ids: string[]): boolean {
  const index = indexOf(notebook, ids);
  if (index < 0) return false;
  notebook.activeCellIndex = index;
  // A cell far away is not in the page before the notebook has scrolled there.
  void scrollTo(notebook, index).then(() => focusRun(notebook.widgets[index]!.node, ids));
  return true;
}

/** Where that output is, seen from the cell around `element`; null if there is none. */
export function locate(notebook: NotebookContent, ids: string[], element: HTMLElement): ChartLocation | null {
  const index = indexOf(notebook, ids);
  if (index < 0) return null;
  const own = notebook.widgets.findIndex(({ node }) => node.contains(element));
  return { side: index === own || own < 0 ? 'here' : index < own ? 'above' : 'below', cell: notebook.widgets[index]!.model.executionCount ?? null };
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

/** The index of the first cell that draws one of the runs; -1 if there is none. */
function indexOf(notebook: NotebookContent, ids: string[]): number {
  return notebook.widgets.findIndex((cell) => outputsOf(cell).some(({ data }) => runIds(data).some((id) => ids.includes(id))));
}

/** The outputs of a cell; none if it is not a code cell. */
export function outputsOf({ model: { outputs } }: CellWidget): Output[] {
  return Array.from({ length: outputs?.length ?? 0 }, (_, i) => outputs!.get(i));
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
