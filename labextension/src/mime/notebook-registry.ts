import type { Transport } from '../sources/feed';
import type { ChartLocation } from '../view/link-view';
import type { Access } from '../wire/messages';

/** The notebook around an output, as the JupyterLab plugin provides it to the renderer. */
export interface NotebookContext {
  /** Whether outputs may be written back: not if others edit the same notebook. */
  mayWrite(): boolean;
  /** Save a new output, if Jupyter saves automatically anyway; otherwise a reloaded page would not have it. */
  saveOnce(): Promise<void>;
  /** Go to the first output that draws one of these runs; false if the notebook has none. */
  reveal(runIds: string[]): boolean;
  /** Where that output is, seen from the cell around `element`; null if the notebook has none. */
  locate(runIds: string[], element: HTMLElement): ChartLocation | null;
  /** Call `listener` when cells are added, removed or moved; returns a function that stops this. */
  watchCells(listener: () => void): () => void;
  /** Open a channel to the notebook's kernel. */
  comm(access: Access): Promise<Transport | null>;
}

/** An output that shows a run. */
export interface RunOutput {
  readonly node: HTMLElement;
  /** Write the newest snapshot to the notebook's model. */
  writeBack(): void;
}

/** The outputs on this page and their notebooks; connects the renderer and the plugin. */
export class NotebookRegistry {
  readonly outputs = new Set<RunOutput>();
  private readonly contexts = new Map<HTMLElement, NotebookContext>();

  add(node: HTMLElement, context: NotebookContext): void {
    this.contexts.set(node, context);
  }

  remove(node: HTMLElement): void {
    this.contexts.delete(node);
  }

  /** The notebook of an element; null outside notebooks, or without the plugin. */
  contextOf(element: HTMLElement): NotebookContext | null {
    for (const [node, context] of this.contexts) if (node.contains(element)) return context;
    return null;
  }

  /** Write the outputs of one notebook back to its model. */
  writeBack(context: NotebookContext): void {
    for (const output of this.outputs) if (this.contextOf(output.node) === context) output.writeBack();
  }
}

export const notebookRegistry = new NotebookRegistry();
