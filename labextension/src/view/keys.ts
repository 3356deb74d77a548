const HEIGHT_STEP_PX = 40;

/** The actions of the keys in a chart. */
export interface CursorActions {
  move(points: number): void;
  edge(end: boolean): void;
  zoom(factor: number): void;
  /** Show the source of the point at the cursor. */
  openSource(): void;
  resetZoom(): void;
  /** Make all charts higher or lower. */
  resize(deltaPx: number): void;
  /** Close what is open; returns false if nothing was, so that Escape gives the focus back. */
  close(): boolean;
}

/** Arrows move the cursor (with Shift ten points), Home and End go to the edges, + and − zoom, 0 resets the zoom, PageUp and PageDown resize, Enter opens the source. */
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
      0: () => actions.resetZoom(),
      PageUp: () => actions.resize(HEIGHT_STEP_PX),
      PageDown: () => actions.resize(-HEIGHT_STEP_PX),
    };
    if (event.key === 'Escape' && actions.close()) event.preventDefault();
    const action = keys[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  });
}

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

/** Save, save as and the command palette: the only shortcuts that reach JupyterLab from inside a view. */
function isApplicationShortcut(event: KeyboardEvent): boolean {
  const key = event.key.toLowerCase();
  return (event.ctrlKey || event.metaKey) && !event.altKey && (key === 's' || (key === 'c' && event.shiftKey));
}

/**
 * Keep keys pressed in `root` from JupyterLab, whose notebook would cut cells, run them or collapse headings. Escape
 * gives the focus back to where it was before, unless the focused control uses the key itself. Returns a function that
 * undoes this.
 */
export function containKeys(root: HTMLElement): () => void {
  let previousFocus: HTMLElement | null = null;
  // On the control itself: a shortcut's selector that matches it is found before an attribute further out.
  const suppressShortcuts = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    if (root.contains(target)) target.toggleAttribute('data-lm-suppress-shortcuts', !isApplicationShortcut(event));
  };
  root.addEventListener('focusin', ({ relatedTarget }) => {
    if (relatedTarget instanceof HTMLElement && !root.contains(relatedTarget)) previousFocus = relatedTarget;
  });
  for (const type of ['keydown', 'keypress', 'keyup'] as const) {
    root.addEventListener(type, (event) => {
      if (type === 'keydown' && event.key === 'Escape' && !event.defaultPrevented && !clears(event.target as Element)) returnFocus(root, previousFocus);
      if (!isApplicationShortcut(event)) event.stopPropagation();
    });
  }
  // On the window, since Notebook 7 checks the attribute in the capture phase at the document.
  window.addEventListener('keydown', suppressShortcuts, true);
  return () => window.removeEventListener('keydown', suppressShortcuts, true);
}

/** Whether Escape clears a search box. */
function clears(target: Element): boolean {
  return target instanceof HTMLInputElement && target.type === 'search' && target.value !== '';
}

function returnFocus(root: HTMLElement, previous: HTMLElement | null): void {
  const target = previous?.isConnected ? previous : root.parentElement?.closest<HTMLElement>('[tabindex]');
  target?.focus({ preventScroll: true });
  if (root.contains(document.activeElement)) (document.activeElement as HTMLElement).blur();
}

/** Make tabs one stop of the Tab key: arrows, Home and End move between them. */
export function tabListKeys(tabs: HTMLElement[], select: (index: number) => void): void {
  tabs.forEach((tab, i) => {
    tab.addEventListener('keydown', (event) => {
      const visible = tabs.flatMap((one, index) => (one.hidden ? [] : [index]));
      const position = visible.indexOf(i);
      const to = { ArrowLeft: position - 1, ArrowRight: position + 1, Home: 0, End: visible.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      const next = visible[(to + visible.length) % visible.length]!;
      select(next);
      tabs[next]?.focus();
    });
  });
}
