import type { Json } from '../wire/messages';
import { columnType, searchText } from './cell-values';
import type { TableData } from './table-data';

/** A row for each value of a column, the most frequent first: how many rows have it, and the means of the number columns. */
export function groupTable({ columns, rows }: TableData, numbers: Uint32Array, column: number): TableData {
  const means = columns.flatMap((_, i) => (i !== column && columnType(rows, i) === 'number' ? [i] : []));
  const groups = new Map<string, { value: Json; count: number; sums: number[]; counts: number[] }>();
  for (const number of numbers) {
    const row = rows[number]!;
    const name = searchText(row[column]);
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { value: row[column] ?? null, count: 0, sums: means.map(() => 0), counts: means.map(() => 0) }));
    group.count += 1;
    for (const [k, i] of means.entries()) {
      const cell = row[i];
      if (typeof cell !== 'number') continue;
      group.sums[k]! += cell;
      group.counts[k]! += 1;
    }
  }
  const grouped = [...groups.values()].sort((a, b) => b.count - a.count);
  return {
    columns: [columns[column]!, 'rows', ...means.map((i) => `mean of ${columns[i]}`)],
    rows: grouped.map(({ value, count, sums, counts }) => [value, count, ...sums.map((sum, k) => (counts[k] === 0 ? null : sum / counts[k]!))]),
  };
}
