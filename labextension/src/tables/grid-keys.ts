/** A cell of a grid; row -1 is its head. */
export interface GridPosition {
  row: number;
  column: number;
}

/** Where a key leads in a grid of this size; null for other keys. `page` is the number of rows in sight. */
export function gridMove(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, { row, column }: GridPosition, size: { rows: number; columns: number; page: number },
): GridPosition | null {
  if (event.altKey || event.metaKey) return null;
  const [last, end] = [size.rows - 1, size.columns - 1];
  const moves: Record<string, GridPosition> = {
    ArrowUp: { row: row - 1, column }, ArrowDown: { row: row + 1, column }, ArrowLeft: { row, column: column - 1 }, ArrowRight: { row, column: column + 1 },
    PageUp: { row: row < 0 ? -1 : Math.max(0, row - size.page), column }, PageDown: { row: row + size.page, column },
    Home: event.ctrlKey ? { row: Math.min(0, last), column: 0 } : { row, column: 0 }, End: event.ctrlKey ? { row: last, column: end } : { row, column: end },
  };
  const to = moves[event.key];
  if (to === undefined || (event.ctrlKey && event.key !== 'Home' && event.key !== 'End')) return null;
  return { row: Math.max(-1, Math.min(last, to.row)), column: Math.max(0, Math.min(end, to.column)) };
}
