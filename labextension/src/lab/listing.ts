import type { Look, RunRow } from './api';

export type GroupBy = 'none' | 'project' | 'notebook';

/** What the reader asked the list for. */
export interface Query {
  text: string;
  state: string;
  groupBy: GroupBy;
}

export interface RunGroup {
  /** Empty for the one group of a list that is not grouped. */
  name: string;
  rows: RunRow[];
}

/** The runs that fit, newest first, in groups that stand in the order of their newest run. */
export function arrange(rows: Iterable<RunRow>, looks: ReadonlyMap<string, Look>, query: Query): RunGroup[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = [...rows].filter((row) => (query.state === '' || stateOf(row, looks.get(row.key)) === query.state) && contains(row, words));
  fitting.sort((a, b) => b.created - a.created || (a.key < b.key ? 1 : -1));
  const groups = new Map<string, RunRow[]>();
  for (const row of fitting) {
    const name = groupOf(row, query.groupBy);
    const held = groups.get(name);
    if (held) held.push(row);
    else groups.set(name, [row]);
  }
  return [...groups].map(([name, own]) => ({ name, rows: own }));
}

/** The state by the run's own file where that was read, since the registry may be behind. */
export function stateOf(row: RunRow, look: Look | undefined): string {
  if (row.state === 'replaced') return row.state;
  return (row.state === 'running' || row.state === 'unknown') && look ? look.state : row.state;
}

/** Seconds ago as 5s, 12m, 3h, 4d, or a date. */
export function ago(created: number, now: number): string {
  const seconds = Math.max(0, now - created);
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)}d`;
  return new Date(created * 1000).toISOString().slice(0, 10);
}

function contains(row: RunRow, words: string[]): boolean {
  const text = [row.name, row.id, row.project, row.group, row.notebook ?? '', row.folder ?? '', row.state].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

function groupOf(row: RunRow, by: GroupBy): string {
  if (by === 'project') return row.project || 'no project';
  if (by === 'notebook') return row.notebook ?? 'no notebook of this server';
  return '';
}
