/** Index of the name among the controls of a row; a group heading is the only control of its row. */
const NAME_INDEX = 1;

/**
 * Make a grid one stop of the Tab key. Arrows move between rows and controls, Home and End to the first and last row.
 * The Tab stop is the control that had the focus last.
 */
export function gridKeys(grid: HTMLElement): { ensureTabStop(): void } {
  const rows = (): HTMLElement[] => [...grid.querySelectorAll<HTMLElement>('[role=row]')];
  const controls = (row: HTMLElement): HTMLElement[] => [...row.querySelectorAll<HTMLElement>(':is(button, input):not([hidden], :disabled)')];
  let tabStop: HTMLElement | null = null;
  const setTabStop = (element: HTMLElement | undefined): void => {
    if (element === undefined) return;
    if (tabStop) tabStop.tabIndex = -1;
    tabStop = element;
    tabStop.tabIndex = 0;
  };
  const focusControl = (row: HTMLElement | undefined, index: number): void => {
    const candidates = row ? controls(row) : [];
    const element = candidates[Math.max(0, Math.min(index, candidates.length - 1))];
    setTabStop(element);
    element?.focus();
  };
  grid.addEventListener('focusin', (event) => setTabStop(event.target as HTMLElement));
  grid.addEventListener('keydown', (event) => {
    const all = rows();
    const position = all.findIndex((row) => row.contains(event.target as Node));
    if (position < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = all[position]!;
    const rowControls = controls(row);
    const index = rowControls.length === 1 ? NAME_INDEX : rowControls.indexOf(event.target as HTMLElement);
    const moves: Record<string, () => void> = {
      ArrowDown: () => focusControl(all[position + 1], index),
      ArrowUp: () => focusControl(all[position - 1], index),
      ArrowRight: () => focusControl(row, index + 1),
      ArrowLeft: () => focusControl(row, index - 1),
      Home: () => focusControl(all[0], index),
      End: () => focusControl(all.at(-1), index),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  });
  return {
    /** Call after rows changed, so that the Tab key can still reach the grid. */
    ensureTabStop(): void {
      if (tabStop?.isConnected && !tabStop.hidden) return;
      const first = rows().map(controls).find((candidates) => candidates.length > 0);
      setTabStop(first?.[Math.min(NAME_INDEX, first.length - 1)]);
    },
  };
}
