import { Chart } from '../chart/chart';
import type { SavedChart } from '../chart/chart-svg';
import type { Range } from '../chart/axis-ranges';
import { nearestIndex, scaledRange } from '../chart/axis-ranges';
import type { Theme } from '../chart/palette';
import { PALETTES } from '../chart/palette';
import type { XUnit } from '../model/axes';
import { formatDuration, formatNumber } from '../model/format';
import { savePng, saveSvg } from '../view/charts/chart-export';
import { ChartMenu } from '../view/charts/chart-menu';
import { freshId, h, setText } from '../view/dom';
import { cursorKeys } from '../view/keys';
import { ViewRoot } from '../view/view-root';
import type { GroupLine, GroupsContent } from './group-lines';
import { groupLines, lastPlace, unitOfAxis } from './group-lines';
import { GroupTable } from './group-table';

const [MIN_HEIGHT_PX, MAX_HEIGHT_PX] = [160, 900];

/** The chart of a page of groups: their mean lines with bands. The table below it has the values at the cursor. */
export class GroupChart {
  private lines: GroupLine[];
  private hidden: ReadonlySet<number> = new Set();
  private readonly unit: XUnit;
  private readonly title: string;
  private readonly plot: HTMLElement;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly chart: Chart<GroupLine>;
  private table: GroupTable;
  private readonly root: ViewRoot;
  private zoom: Range | null = null;
  private cursor: number | null = null;
  private heightPx = 380;

  constructor(host: HTMLElement, private content: GroupsContent) {
    this.lines = groupLines(content);
    this.unit = unitOfAxis(content.axis);
    this.title = `${content.metric} over ${this.unit.label}`;
    this.plot = h('div', { class: 'wnb-plot', tabindex: 0, role: 'slider', 'aria-label': `Cursor in the chart ${this.title}`, 'aria-valuenow': 0 });
    this.chart = new Chart<GroupLine>(this.plot, freshId(), {
      hover: (x) => this.hover(x), zoom: (range) => this.zoomTo(range), toggleLine: this.toggle, openSource: () => undefined,
    }, PALETTES.light, () => this.heightPx);
    this.table = new GroupTable(this.lines, this.toggle);
    this.listenToKeys();
    this.root = new ViewRoot(host, [this.card()], (theme) => this.update(theme), () => this.chart.destroy());
    this.root.element.setAttribute('aria-label', 'Chart of groups');
    new ResizeObserver(() => this.root.changed()).observe(this.plot);
  }

  /** Show newer content of the same metric and axis, with the page's new table; hidden groups stay hidden. */
  setContent(content: GroupsContent): void {
    const names = new Set([...this.hidden].map((style) => this.lines[style]!.label));
    this.content = content;
    this.lines = groupLines(content);
    this.hidden = new Set(this.lines.filter((line) => names.has(line.label)).map((line) => line.style));
    this.table = new GroupTable(this.lines, this.toggle);
    this.root.changed();
  }

  private card(): HTMLElement {
    const menu = new ChartMenu(this.title, [
      { label: 'Save as PNG', action: () => void savePng(this.savedChart()) },
      { label: 'Save as SVG', action: () => void saveSvg(this.savedChart()) },
    ]);
    return h('article', { class: 'wnb-card', 'aria-label': `Chart ${this.title}` },
      h('div', { class: 'wnb-card-head' }, h('h2', { class: 'wnb-card-title', title: this.title }, this.title), this.position, menu.element), this.plot);
  }

  private listenToKeys(): void {
    cursorKeys(this.plot, {
      move: (points) => this.chart.setCursor(this.chart.moveBy(this.cursor, points)),
      edge: (end) => this.chart.setCursor(this.chart.range[end ? 1 : 0]),
      zoom: (factor) => this.zoomAround(factor),
      openSource: () => undefined,
      resetZoom: () => this.zoomTo(null),
      resize: (deltaPx) => this.resize(deltaPx),
      close: () => false,
    });
  }

  private get shownLines(): GroupLine[] {
    return this.lines.filter((line) => !this.hidden.has(line.style));
  }

  private update(theme: Theme): void {
    if (this.plot.clientWidth === 0) return;
    this.plot.style.height = `${this.heightPx}px`;
    const { log } = this.content;
    this.chart.show({ lines: this.shownLines, bands: [], unit: this.unit, zoom: this.zoom, log, dashes: false, clip: false }, PALETTES[theme]);
    this.table.showHidden(this.hidden);
    const [min, max] = this.chart.range;
    this.plot.setAttribute('aria-valuemin', String(min));
    this.plot.setAttribute('aria-valuemax', String(max));
    this.showValues();
  }

  private hover(x: number | null): void {
    this.cursor = x;
    this.showValues();
  }

  /** The values at the cursor, or the last ones. */
  private showValues(): void {
    const { cursor, lines } = this;
    const xs = lines[0]!.xs;
    const place = cursor === null ? xs.length - 1 : nearestIndex(xs, cursor);
    const places = lines.map((line) => (cursor === null ? lastPlace(line) : place));
    const position = cursor === null ? '' : this.positionText(xs[place]!);
    setText(this.position, position);
    this.table.showValues(lines, places, position === '' ? 'Last values' : `Values at ${position}`);
    this.plot.setAttribute('aria-valuenow', String(xs[place]));
    this.plot.setAttribute('aria-valuetext', `${position || 'last values'}: ${this.shownLines.map((line) => spokenValues(line, places[line.style]!)).join('; ')}`);
  }

  private positionText(x: number): string {
    if (this.unit.kind === 'time') return formatDuration(x);
    return `${this.unit.label} ${formatNumber(this.unit.kind === 'step' ? Math.round(x) : x)}`; // the middle of a bucket may be between steps
  }

  private readonly toggle = (line: GroupLine, only: boolean): void => {
    const { style } = line;
    const isAlone = this.shownLines.every((shown) => shown === line);
    const hide = only ? this.lines.filter((other) => other !== line && !isAlone).map((other) => other.style) : [...this.hidden, style];
    const show = !only && this.hidden.has(style) ? [style] : [];
    this.hidden = new Set(hide.filter((one) => !show.includes(one)));
    this.root.changed();
  };

  private zoomTo(range: Range | null): void {
    this.zoom = range;
    this.root.changed();
  }

  private zoomAround(factor: number): void {
    const range = this.zoom ?? this.chart.range;
    this.zoomTo(scaledRange(range, this.cursor ?? (range[0] + range[1]) / 2, factor));
  }

  private resize(deltaPx: number): void {
    this.heightPx = Math.max(MIN_HEIGHT_PX, Math.min(MAX_HEIGHT_PX, this.heightPx + deltaPx));
    this.root.changed();
  }

  private savedChart(): SavedChart {
    return { title: this.title, lines: this.shownLines, unit: this.unit, x: this.chart.range, log: this.content.log, clip: false, dashes: false };
  }
}

function spokenValues(line: GroupLine, place: number): string {
  const [mean, low, high] = [line.ys, line.band.low, line.band.high].map((column) => formatNumber(column[place] ?? NaN));
  return (line.counts[place] ?? 0) === 0 ? `${line.label} none` : `${line.label} ${mean}, from ${low} to ${high}`;
}
