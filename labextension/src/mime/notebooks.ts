import type { Transport } from '../sources/feed';
import type { Access } from '../wire/messages';

/** What the JupyterLab plugin knows about the notebook around an output, and the renderer does not. */
export interface Home {
  /** Whether outputs may be written back: not where others edit the same notebook. */
  mayWrite(): boolean;
  /** Save now, once for a new output, where Jupyter saves by itself anyway: a page reloaded before would not know it. */
  keep(): Promise<void>;
  /** A line to the notebook's kernel. */
  comm(access: Access): Promise<Transport | null>;
}

/** A drawn output. */
export interface Output {
  readonly node: HTMLElement;
  /** Put the newest snapshot into the notebook's model. */
  writeBack(): void;
}

/** The outputs on this page, and the notebooks they are in: where the renderer and the plugin meet. */
export class Notebooks {
  readonly outputs = new Set<Output>();
  private readonly homes = new Map<HTMLElement, Home>();

  add(node: HTMLElement, home: Home): void {
    this.homes.set(node, home);
  }

  remove(node: HTMLElement): void {
    this.homes.delete(node);
  }

  /** The notebook that holds an element; null outside notebooks, or without the plugin. */
  homeOf(element: HTMLElement): Home | null {
    for (const [node, home] of this.homes) if (node.contains(element)) return home;
    return null;
  }

  /** Write back what the outputs of one notebook show. */
  writeBack(home: Home): void {
    for (const output of this.outputs) if (this.homeOf(output.node) === home) output.writeBack();
  }
}

export const notebooks = new Notebooks();
