/** Where the name stands among a row's controls; the heading of a group is all that its row has. */
const NAME = 1;

/**
 * One stop of the tab key for a whole grid: arrows go from row to row and from control to control, Home and End to the
 * first and last row. The control that has the stop is remembered by its row and its place in it.
 */
export function gridKeys(grid: HTMLElement): { settle(): void } {
  const rows = (): HTMLElement[] => [...grid.querySelectorAll<HTMLElement>('[role=row]')];
  const controls = (row: HTMLElement): HTMLElement[] => [...row.querySelectorAll<HTMLElement>(':is(button, input):not([hidden], :disabled)')];
  let stop: HTMLElement | null = null;
  const take = (element: HTMLElement | undefined): void => {
    if (element === undefined) return;
    if (stop) stop.tabIndex = -1;
    stop = element;
    stop.tabIndex = 0;
  };
  const go = (row: HTMLElement | undefined, place: number): void => {
    const found = row ? controls(row) : [];
    const element = found[Math.max(0, Math.min(place, found.length - 1))];
    take(element);
    element?.focus();
  };
  grid.addEventListener('focusin', (event) => take(event.target as HTMLElement));
  grid.addEventListener('keydown', (event) => {
    const all = rows();
    const at = all.findIndex((row) => row.contains(event.target as Node));
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const own = controls(all[at]!);
    const place = own.length === 1 ? NAME : own.indexOf(event.target as HTMLElement);
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(all[at + 1], place),
      ArrowUp: () => go(all[at - 1], place),
      ArrowRight: () => go(all[at], place + 1),
      ArrowLeft: () => go(all[at], place - 1),
      Home: () => go(all[0], place),
      End: () => go(all.at(-1), place),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  });
  return {
    /** After rows changed: somewhere in the grid the tab key must be able to stop. */
    settle(): void {
      if (stop?.isConnected && !stop.hidden) return;
      const first = rows().map(controls).find((found) => found.length > 0);
      take(first?.[Math.min(NAME, first.length - 1)]);
    },
  };
}
