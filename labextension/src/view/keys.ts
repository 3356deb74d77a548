/** The actions of the keys in a chart. */
export interface CursorActions {
  move(points: number): void;
  edge(end: boolean): void;
  zoom(factor: number): void;
  /** Show the source of the point at the cursor. */
  openSource(): void;
  reset(): void;
}

/** Arrows move the cursor (with Shift ten points), Home and End go to the edges, + and − zoom, Enter opens the source, Escape resets. */
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
      Enter: () => actions.openSource(),
      Escape: () => actions.reset(),
    };
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

const VIEW_KEYS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown', 'Enter', ' ', 'Escape', '+', '-', 'c', 'g', 'l', 't']);

/** Handle single letters anywhere in `root`, except in text fields and selects, and without Ctrl, Alt and Meta. */
export function letterKeys(root: HTMLElement, letters: Record<string, (target: Element) => void>): void {
  root.addEventListener('keydown', (event) => {
    const target = event.target as Element;
    const action = letters[event.key.toLowerCase()];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey || isTextInput(target)) return;
    event.preventDefault();
    event.stopPropagation();
    action(target);
  });
}

function isTextInput(target: Element): boolean {
  return target.matches('input:not([type=range]):not([type=checkbox]), select, textarea');
}

/**
 * Keep JupyterLab from taking the keys of the view's controls as notebook shortcuts; save, run cell and all
 * other shortcuts still work. Returns a function that undoes this.
 */
export function suppressShortcuts(root: HTMLElement): () => void {
  const listener = (event: KeyboardEvent): void => {
    const modified = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Enter');
    root.toggleAttribute('data-lm-suppress-shortcuts', VIEW_KEYS.has(event.key) && !modified);
  };
  // On the window, since JupyterLab checks the attribute in the capture phase at the document.
  window.addEventListener('keydown', listener, true);
  return () => window.removeEventListener('keydown', listener, true);
}

/** Make tabs one stop of the Tab key: arrows, Home and End move between them. */
export function tabListKeys(tabs: HTMLElement[], select: (index: number) => void): void {
  tabs.forEach((tab, i) => {
    tab.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = (to + tabs.length) % tabs.length;
      select(next);
      tabs[next]?.focus();
    });
  });
}
