/** What keys do in a chart. */
export interface CursorActions {
  move(points: number): void;
  edge(end: boolean): void;
  zoom(factor: number): void;
  /** Tell where the point at the cursor comes from. */
  tell(): void;
  reset(): void;
}

/** Arrows move the cursor (with shift ten points), Home and End go to the edges, + and − zoom, Enter tells the cell, Escape shows all. */
export function cursorKeys(element: HTMLElement, actions: CursorActions): void {
  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter')) return;
    const points = event.shiftKey ? 10 : 1;
    const keys: Record<string, () => void> = {
      ArrowLeft: () => actions.move(-points),
      ArrowRight: () => actions.move(points),
      Home: () => actions.edge(false),
      End: () => actions.edge(true),
      '+': () => actions.zoom(0.5),
      '-': () => actions.zoom(2),
      Enter: () => actions.tell(),
      Escape: () => actions.reset(),
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

const OURS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'Enter', ' ', 'Escape', '+', '-', 'c', 'g', 'l', 't']);

/** Single letters that work anywhere in `root` but where text is typed or chosen; with Ctrl, Alt and Meta they are others'. */
export function letterKeys(root: HTMLElement, letters: Record<string, (target: Element) => void>): void {
  root.addEventListener('keydown', (event) => {
    const target = event.target as Element;
    const action = letters[event.key.toLowerCase()];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey || types(target)) return;
    event.preventDefault();
    event.stopPropagation();
    action(target);
  });
}

function types(target: Element): boolean {
  return target.matches('input:not([type=range]):not([type=checkbox]), select, textarea');
}

/**
 * Keep JupyterLab from taking the keys of the view's controls for shortcuts of its notebook; save, run cell and all
 * other shortcuts go on. Returns what ends that.
 */
export function shieldKeys(root: HTMLElement): () => void {
  const listener = (event: KeyboardEvent): void => {
    const modified = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter');
    root.toggleAttribute('data-lm-suppress-shortcuts', OURS.has(event.key) && !modified);
  };
  // On the window, since JupyterLab looks for the attribute in the capture phase at the document.
  window.addEventListener('keydown', listener, true);
  return () => window.removeEventListener('keydown', listener, true);
}

/** Tabs as one stop of the tab key: arrows, Home and End go through them. */
export function rovingKeys(tabs: HTMLElement[], choose: (index: number) => void): void {
  tabs.forEach((tab, i) => {
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = (to + tabs.length) % tabs.length;
      choose(next);
      tabs[next]?.focus();
    });
  });
}
