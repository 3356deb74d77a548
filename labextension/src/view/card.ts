import { Chart } from '../chart/chart';
import type { NamedBand, Pick } from '../chart/chart';
import type { Palette } from '../chart/palette';
import { colour, dash } from '../chart/palette';
import { duration, number } from '../model/format';
import type { ChartGroup } from '../model/groups';
import type { Line, XUnit } from '../model/lines';
import { attemptMark, linesOf, strong, unitOf } from '../model/lines';
import { nearest } from '../model/range';
import type { OverlaidRun, Overlay } from '../model/overlay';
import { bands, cellName, cellOf } from '../model/provenance';
import { trend } from '../model/trend';
import { CellPanel } from './cell';
import { freshId, h, icon, setText, swatch } from './dom';
import { cursorKeys } from './keys';
import type { ViewState } from './state';
import { PointTable } from './points';

export interface CardOwner {
  overlay: Overlay;
  state: ViewState;
  palette: Palette;
  /** Charts of one group share the cursor. */
  group: string;
  /** A choice changed that all charts follow. */
  restyle(): void;
}

const TABLE_ICON = 'M2 3.5h12v9H2zM2 6.5h12M2 9.5h12M6 3.5v9';

/** One chart with its title, legend, and its points as a table behind a button. It draws only while it is in sight. */
export class ChartCard {
  readonly element: HTMLElement;
  private readonly plot: HTMLElement;
  private readonly legend = h('div', { class: 'wnb-legend' });
  private readonly where = h('span', { class: 'wnb-where' });
  private readonly values = new Map<string, HTMLElement>();
  private readonly trendId = freshId();
  private readonly words = h('p', { class: 'wnb-hidden', id: this.trendId });
  private readonly table: PointTable;
  private readonly cell = new CellPanel(() => this.plot.focus());
  private readonly tableTool: HTMLElement;
  private readonly chart: Chart;
  private lines: Line[] = [];
  private unit: XUnit = { id: 'step', label: 'step', column: 'step' };
  private cursor: number | null = null;
  /** Whose cell is open. */
  private told: { run: OverlaidRun; key: string; id: number } | null = null;
  private legendKey = '';
  private drawn = '';
  inSight = false;

  constructor(private readonly owner: CardOwner, readonly group: ChartGroup) {
    this.plot = h('div', {
      class: 'wnb-plot', tabindex: 0, role: 'slider', 'aria-describedby': this.trendId,
      'aria-label': `Cursor in the chart ${group.title}`, 'aria-valuenow': 0,
    });
    this.table = new PointTable(owner.overlay, group);
    this.tableTool = this.tableButton();
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Chart ${group.title}` },
      h('div', { class: 'wnb-card-head' },
        h('h4', { class: 'wnb-card-title', title: group.title }, group.title), this.where, this.tableTool),
      this.legend, this.words, this.plot, this.cell.element, this.table.element);
    this.chart = new Chart(this.plot, owner.group, {
      hover: (x) => this.hover(x), zoom: (range) => this.zoom(range), click: () => this.tellCell(),
    }, owner.palette);
    cursorKeys(this.plot, {
      move: (points) => this.chart.point(this.chart.along(this.cursor, points)),
      edge: (end) => this.chart.point(this.chart.range[end ? 1 : 0]),
      zoom: (factor) => this.zoomAround(factor),
      tell: () => this.tellCell(),
      reset: () => (this.cell.open ? this.cell.close() : (this.chart.point(null), this.zoom(null))),
    });
  }

  /** Draw what is new; nothing happens while the card is out of sight, or where nothing changed. */
  update(): void {
    const { overlay, state, palette } = this.owner;
    if (!this.inSight || this.element.clientWidth === 0) return;
    this.unit = unitOf(overlay, this.group, state.mode);
    const zoom = state.zoom.get(this.unit.id) ?? null;
    const now = [overlay.version, this.plot.clientWidth, state.mode, state.smoothing, state.log, state.bands, zoom, palette.ink].join(' ');
    if (now === this.drawn) return;
    this.drawn = now;
    this.lines = linesOf(overlay, this.group, this.unit, state.smoothing);
    this.chart.show({ lines: this.lines, bands: state.bands ? this.bands() : [], unit: this.unit, zoom, log: state.log }, palette);
    this.describe();
  }

  /** Open or close the table of points. */
  toggleTable(): void {
    this.tableTool.setAttribute('aria-expanded', String(this.table.toggle()));
  }

  destroy(): void {
    this.chart.destroy();
  }

  private describe(): void {
    this.drawLegend();
    setText(this.words, this.trends().join('; '));
    const [min, max] = this.chart.range;
    this.plot.setAttribute('aria-valuemin', String(min));
    this.plot.setAttribute('aria-valuemax', String(max));
    this.table.update();
    if (this.cell.open) this.refreshCell();
    this.showValues();
  }

  /** What the chart says, in words, for each of its metrics and runs. */
  private trends(): string[] {
    const { equals, compares } = this.owner.overlay;
    return equals.filter((run) => !run.hidden).flatMap((run) =>
      this.group.keys.map((key) => trend(run.data, key)).filter(Boolean).map((words) => (compares ? `${run.label}: ${words}` : words)));
  }

  private drawLegend(): void {
    const lines = strong(this.lines);
    const key = lines.map((line) => `${line.label} ${line.style} ${line.key} ${line.attempt}`).join('\n') + this.owner.palette.ink;
    if (key === this.legendKey) return;
    this.legendKey = key;
    this.values.clear();
    this.legend.replaceChildren(...lines.map((line) => this.legendEntry(line, lines.length > 1 || this.owner.overlay.compares)));
  }

  private legendEntry(line: Line, named: boolean): HTMLElement {
    const { palette } = this.owner;
    const value = h('span', { class: 'wnb-value' });
    this.values.set(entryOf(line), value);
    return h('span', { class: 'wnb-entry', title: this.owner.overlay.compares ? `${line.label} · ${line.key}` : line.key },
      named && swatch(colour(palette, line.style), dash(line.dash)), named && h('span', { class: 'wnb-name' }, line.label), value);
  }

  private hover(x: number | null): void {
    this.cursor = x;
    this.showValues();
  }

  /** The values at the cursor, or the latest. */
  private showValues(): void {
    const x = this.cursor ?? Infinity;
    const spoken: string[] = [];
    let at = NaN;
    for (const line of strong(this.lines)) {
      const i = Number.isFinite(x) ? nearest(line, x) : line.ys.length - 1;
      const value = (line.raw ?? line.ys)[i] ?? NaN;
      const element = this.values.get(entryOf(line));
      if (element) setText(element, i < 0 ? '–' : number(value));
      spoken.push(`${line.label} ${number(value)}`);
      if (i >= 0 && !(Math.abs(line.xs[i]! - x) >= Math.abs(at - x))) at = line.xs[i]!;
    }
    const meant = this.meant();
    if (meant?.line.faint) at = meant.line.xs[meant.index]!;
    const place = [this.place(at), meant === null ? '' : this.cellWords(meant)].filter(Boolean).join(' · ');
    setText(this.where, this.cursor === null ? this.note() : place);
    this.plot.setAttribute('aria-valuenow', String(Number.isFinite(at) ? at : this.chart.range[1]));
    this.plot.setAttribute('aria-valuetext', `${place}: ${spoken.join(', ')}`);
  }

  /** What the chart counts on its x axis where that is not the step, and which attempt the strong lines are. */
  private note(): string {
    const attempt = Math.max(...this.lines.map((line) => line.attempt));
    const again = !this.owner.overlay.compares && this.lines.some((line) => line.attempt < attempt) ? `attempt ${attempt + 1}` : '';
    return [again, this.unit.column === 'step' ? '' : this.unit.label].filter(Boolean).join(' · ');
  }

  /** The cells behind the lines of one run: those of its strongest line, where there are several. */
  private bands(): NamedBand[] {
    const line = strong(this.lines)[0];
    const found = line === undefined || this.owner.overlay.compares ? [] : bands(line);
    return found.length < 2 ? [] : found.map((band) => ({ ...band, name: cellName(line!.run.data, band.cell) }));
  }

  /** Which cell logged the point that is meant, and in which attempt. */
  private cellWords({ line, index }: Pick): string {
    const id = cellOf(line, index);
    return [line.faint && line.run.role === 'equal' ? attemptMark(line.attempt) : '', line.run.role === 'ghost' ? line.label : '',
      id === 0 ? '' : `cell ${cellName(line.run.data, id)}`].filter(Boolean).join(' · ');
  }

  private meant(): Pick | null {
    return this.cursor === null ? null : this.chart.pick(this.cursor);
  }

  /** Show the cell of the point that is meant below the chart. */
  private tellCell(): void {
    const meant = this.meant();
    this.told = meant === null ? null : { run: meant.line.run, key: meant.line.key, id: cellOf(meant.line, meant.index) };
    this.refreshCell();
  }

  /** The open cell may have ended meanwhile, and logged more points. */
  private refreshCell(): void {
    const { told } = this;
    const line = told === null ? undefined : this.lines.find((one) => one.run === told.run && one.key === told.key);
    if (told !== null && line !== undefined) this.cell.show(line, told.id);
  }

  private place(x: number): string {
    if (!Number.isFinite(x)) return 'latest';
    return this.unit.column === 'time' ? duration(x) : `${this.unit.label} ${number(x)}`;
  }

  private zoom(range: [number, number] | null): void {
    if (range === null) this.owner.state.zoom.delete(this.unit.id);
    else this.owner.state.zoom.set(this.unit.id, range);
    this.owner.restyle();
  }

  private zoomAround(factor: number): void {
    const [min, max] = this.chart.range;
    const middle = this.cursor ?? (min + max) / 2;
    this.zoom([middle - (middle - min) * factor, middle + (max - middle) * factor]);
  }

  private tableButton(): HTMLElement {
    return h('button', {
      class: 'wnb-tool', type: 'button', 'aria-expanded': 'false', 'aria-controls': this.table.element.id,
      'aria-label': `Points of ${this.group.title} as a table`, title: 'Show the points as a table (T)',
      'aria-keyshortcuts': 'T', onclick: () => this.toggleTable(),
    }, icon(TABLE_ICON));
  }
}

/** What names an entry of the legend. */
function entryOf(line: Line): string {
  return `${line.style} ${line.key}`;
}
