import type { MediaFiles } from '../media/media-files';
import { formatNumber } from '../model/format';
import { h, setText } from '../view/dom';
import type { JoinedTable } from './join-tables';
import { joinTables, keyColumns } from './join-tables';
import type { TableData } from './table-data';
import type { ShownTable } from './table-panel';

/** The table of one run. */
export interface RunTable {
  label: string;
  table: TableData;
  files: MediaFiles;
}

const MAX_RUNS = 20;
const BY_PLACE = '\u0000';

/** Which table of several runs is shown: that of one, or those of two joined by a column. Hidden for one run. */
export class TableChoice {
  readonly element = h('span', { class: 'wnb-table-choice', hidden: true });
  shown: ShownTable | null = null;
  private readonly runSelect: HTMLSelectElement;
  private readonly keySelect: HTMLSelectElement;
  private readonly note = h('span', { class: 'wnb-table-status' });
  private tables: RunTable[] = [];
  private options = '';
  private joined: { inputs: unknown[]; result: JoinedTable } | null = null;

  constructor(title: string, private readonly changed: () => void) {
    const choose = (): void => {
      this.apply();
      this.changed();
    };
    this.runSelect = h('select', { 'aria-label': `Runs of the table ${title}`, onchange: choose });
    this.keySelect = h('select', { 'aria-label': `Column that joins the rows of ${title}`, onchange: choose });
    this.element.append(this.runSelect, this.keySelect, this.note);
  }

  /** Choose among these tables, the first two joined at first; a choice stays while its runs are there. */
  update(tables: RunTable[]): void {
    this.tables = tables.slice(0, MAX_RUNS);
    this.element.hidden = tables.length < 2;
    const pairs = tables.slice(1).map((_, i): [string, string] => [`0,${i + 1}`, `${tables[0]!.label} and ${tables[i + 1]!.label}`]);
    const runs = tables.map(({ label }, i): [string, string] => [String(i), label]);
    const options = JSON.stringify([pairs, runs]);
    if (options !== this.options) fill(this.runSelect, [...pairs, ...runs]);
    this.options = options;
    this.apply();
  }

  private apply(): void {
    const [first, second] = this.runSelect.value.split(',').map((at) => this.tables[Number(at)]);
    this.keySelect.hidden = this.note.hidden = second === undefined;
    if (first === undefined || second === undefined) {
      const one = first ?? this.tables[0];
      this.shown = one === undefined ? null : { table: one.table, files: () => one.files };
      return;
    }
    const keys = keyColumns(first.table, second.table);
    fill(this.keySelect, [...keys.map((name): [string, string] => [name, `by ${name}`]), [BY_PLACE, 'by row number']]);
    const { table, origins, mark, differences } = this.join(first, second, this.keySelect.value === BY_PLACE ? null : this.keySelect.value);
    setText(this.note, differences === 0 ? 'no differences' : `${formatNumber(differences)} ${differences === 1 ? 'row differs' : 'rows differ'}`);
    this.shown = { table, mark, files: (column) => (origins[column] === 1 ? second.files : first.files) };
  }

  /** The joined tables, made once for the same inputs. */
  private join(first: RunTable, second: RunTable, key: string | null): JoinedTable {
    const inputs = [first.table, second.table, first.label, second.label, key];
    if (this.joined === null || this.joined.inputs.some((one, i) => one !== inputs[i])) {
      this.joined = { inputs, result: joinTables(first.table, second.table, key, [first.label, second.label]) };
    }
    return this.joined.result;
  }
}

/** Fill a select; the chosen value stays if it is still there. */
function fill(select: HTMLSelectElement, options: [value: string, text: string][]): void {
  const { value } = select;
  select.replaceChildren(...options.map(([each, text]) => h('option', { value: each }, text)));
  if (options.some(([each]) => each === value)) select.value = value;
}
