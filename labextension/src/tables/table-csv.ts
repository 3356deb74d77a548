import { toField } from '../view/charts/chart-export';
import type { Json } from '../wire/messages';
import type { TableData } from './table-data';

/** Tables as CSV, one row per line; of several runs the first column names the run. */
export function tableCsv(sources: readonly { label: string; table: TableData }[]): string {
  const several = sources.length > 1;
  const columns = [...new Set(sources.flatMap(({ table }) => table.columns))];
  const lines = sources.flatMap(({ label, table }) => {
    const places = columns.map((name) => table.columns.indexOf(name));
    return table.rows.map((row) => [...(several ? [label] : []), ...places.map((at) => row[at] ?? null)]);
  });
  return [[...(several ? ['run'] : []), ...columns], ...lines].map((line) => line.map(cellField).join(',')).join('\r\n') + '\r\n';
}

function cellField(cell: Json): string {
  if (cell === null) return '';
  return toField(typeof cell === 'number' || typeof cell === 'string' ? cell : JSON.stringify(cell));
}
