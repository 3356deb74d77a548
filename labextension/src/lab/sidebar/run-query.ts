import type { RunPreview, RunRow } from '../runs-api';

export type GroupBy = 'none' | 'project' | 'notebook';

/** The search, filter and grouping of the list. */
export interface RunQuery {
  text: string;
  state: string;
  groupBy: GroupBy;
}

export interface RunGroup {
  /** Empty for the only group of an ungrouped list. */
  name: string;
  rows: RunRow[];
}

/** The runs that match, newest first, in groups ordered by their newest run. */
export function groupRuns(rows: Iterable<RunRow>, previews: ReadonlyMap<string, RunPreview>, query: RunQuery): RunGroup[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = [...rows].filter((row) => (query.state === '' || stateOf(row, previews.get(row.key)) === query.state) && contains(row, words));
  matches.sort((a, b) => b.created - a.created || (a.key < b.key ? 1 : -1));
  const groups = new Map<string, RunRow[]>();
  for (const row of matches) {
    const name = groupName(row, query.groupBy);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return [...groups].map(([name, members]) => ({ name, rows: members }));
}

/** The state in the run's file if that was read, since the registry may be outdated. */
export function stateOf(row: RunRow, preview: RunPreview | undefined): string {
  if (row.state === 'replaced') return row.state;
  return (row.state === 'running' || row.state === 'unknown') && preview ? preview.state : row.state;
}

function contains(row: RunRow, words: string[]): boolean {
  const text = [row.name, row.id, row.project, row.group, row.notebook ?? '', row.folder ?? '', row.state].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

function groupName(row: RunRow, groupBy: GroupBy): string {
  if (groupBy === 'project') return row.project || 'no project';
  if (groupBy === 'notebook') return row.notebook ?? 'no notebook on this server';
  return '';
}

/** Whether a run is the only one of its name. */
export function uniqueNames(rows: Iterable<RunRow>): (row: RunRow) => boolean {
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return ({ name, id }) => (counts.get(name) ?? 0) < 2 || name === id;
}
