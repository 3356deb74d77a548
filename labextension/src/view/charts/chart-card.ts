import { Chart } from '../../chart/chart';
import type { SavedChart } from '../../chart/chart-svg';
import type { LinePoint } from '../../chart/chart';
import { formatDuration, formatNumber } from '../../model/format';
import type { ChartGroup } from '../../model/chart-groups';
import { titleParts } from '../../model/chart-groups';
import type { XUnit } from '../../model/axes';
import { STEP, unitOf } from '../../model/axes';
import type { Line } from '../../chart/lines';
import { attemptName, latestIndex, linesOf, mainLines } from '../../chart/lines';
import { chartNote } from './chart-note';
import type { Range } from '../../chart/axis-ranges';
import { nearestIndex, scaledRange } from '../../chart/axis-ranges';
import type { NamedBand } from '../../chart/cell-ranges';
import { cellBands, cellName, cellOf } from '../../chart/cell-ranges';
import { runPoint } from '../../chart/run-point';
import { versionsAt } from '../../model/point-versions';
import { requestRows } from '../../model/row-ranges';
import { trend } from '../../model/trend';
import type { Card } from './card';
import { ENLARGE_ICON, TABLE_ICON } from './card-icons';
import { PointPanel } from './point-panel';
import { saveCsv, savePng, saveSvg } from './chart-export';
import { freshId, h, icon, setText } from '../dom';
import { cursorKeys } from '../keys';
import { ChartMenu } from './chart-menu';
import type { ChartContext, ChartSettings } from './view-state';
import { changeHeight, settingsOf } from './view-state';
import { Legend, toggleLine } from './legend';
import { PointTable } from './point-table';

const ENLARGED_MARGIN_PX = 110;

/** One chart with its title, legend, and a table of its points behind a button. It is drawn only while visible. */
export class ChartCard implements Card {
  readonly element: HTMLElement;
  private readonly plot: HTMLElement;
  private readonly legend: Legend;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly trendId = freshId();
  private readonly trendText = h('p', { class: 'wnb-hidden', id: this.trendId });
  private readonly table: PointTable;
  private readonly pointPanel: PointPanel;
  private readonly tableButton: HTMLElement;
  private readonly menu: ChartMenu;
  private readonly chart: Chart;
  private readonly leaveCursor: () => void;
  /** All lines, and those that are not hidden. */
  private allLines: Line[] = [];
  private lines: Line[] = [];
  private unit: XUnit = STEP;
  private cursor: number | null = null;
  /** The point at the last position of the cursor. */
  private lastPoint: LinePoint | null = null;
  private drawnState = '';
  visible = false;

  /** `onEnlarge` opens an enlarged copy; null for that copy itself, which fills the height of its dialog. */
  constructor(private readonly context: ChartContext, readonly group: ChartGroup, private readonly onEnlarge: (() => void) | null) {
    this.plot = h('div', {
      class: 'wnb-plot', tabindex: 0, role: 'slider', 'aria-describedby': this.trendId,
      'aria-label': `Cursor in the chart ${group.title}`, 'aria-valuenow': 0,
    });
    const toggle = (line: Line, only: boolean): void => this.toggleLine(line, only);
    this.legend = new Legend(context, toggle);
    this.table = new PointTable(context.overlay, group);
    this.tableButton = this.createTableButton();
    this.pointPanel = new PointPanel(group.title, () => this.element, () => this.point(), () => this.plot.focus());
    this.menu = new ChartMenu(group.title, [
      { label: 'Log scale', checked: () => this.log, action: () => this.toggleLog() },
      { label: 'Clip outliers', checked: () => this.settings.clipOutliers, action: () => this.toggleClipping() },
      { label: 'Save as PNG', action: () => void savePng(this.savedChart()) },
      { label: 'Save as SVG', action: () => void saveSvg(this.savedChart()) },
      { label: 'Save as CSV', action: () => saveCsv(group, context.overlay.visibleRuns) },
    ]);
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Chart ${group.title}` },
      h('div', { class: 'wnb-card-head' },
        this.createTitle(), this.position, this.pointPanel.button, this.tableButton, onEnlarge && this.createEnlargeButton(onEnlarge), this.menu.element),
      this.legend.element, this.trendText, this.plot, onEnlarge && this.createResizeHandle(), this.pointPanel.element, this.table.element);
    this.chart = new Chart(this.plot, context.group, {
      hover: (x) => this.hover(x), zoom: (range) => this.zoom(range), toggleLine: toggle, openSource: () => this.pointPanel.show(this.point()),
    }, context.palette, () => this.heightPx);
    this.leaveCursor = context.stepCursor.addChart((step) => this.moveToStep(step));
    cursorKeys(this.plot, {
      move: (points) => this.chart.setCursor(this.chart.moveBy(this.cursor, points)),
      edge: (end) => this.chart.setCursor(this.chart.range[end ? 1 : 0]),
      zoom: (factor) => this.zoomAround(factor),
      openSource: () => this.pointPanel.show(this.point()),
      resetZoom: () => this.zoom(null),
      resize: (deltaPx) => this.resize(deltaPx),
      close: () => this.pointPanel.close(),
    });
  }

  /** Draw all changes; does nothing while the card is not visible or nothing changed. */
  update(): void {
    const { overlay, state, palette } = this.context;
    if (!this.visible || this.element.clientWidth === 0) return;
    this.unit = unitOf(overlay, this.group, state.axis);
    const zoom = this.visibleRange;
    requestRows(overlay, this.group.keys, this.unit, zoom);
    this.plot.style.height = `${this.heightPx}px`;
    const drawnState = [overlay.version, this.plot.clientWidth, this.heightPx, this.unit.id, state.smoothing, this.log, this.settings.clipOutliers, state.dashes, [...state.hiddenKeys].join('\n'), state.shadeCells, zoom, palette.ink].join(' ');
    if (drawnState === this.drawnState) return;
    this.drawnState = drawnState;
    this.allLines = linesOf(overlay, this.group, { unit: this.unit, smoothing: state.smoothing, hiddenKeys: state.hiddenKeys, zoom });
    this.lines = this.allLines.filter((line) => !line.hidden);
    this.chart.show({ lines: this.lines, bands: state.shadeCells ? this.bands() : [], unit: this.unit, zoom, log: this.log, dashes: state.dashes, clip: this.settings.clipOutliers }, palette);
    this.describe();
  }

  /** Open or close the table of points. */
  toggleTable(): void {
    this.tableButton.setAttribute('aria-expanded', String(this.table.toggle()));
  }

  /** Switch this chart between linear and log scale. */
  toggleLog(): void {
    this.settings.log = !this.log;
    this.context.redraw();
  }

  destroy(): void {
    this.leaveCursor();
    this.menu.close();
    this.chart.destroy();
  }

  private get settings(): ChartSettings {
    return settingsOf(this.context.state, this.group.keys.join('\n'));
  }

  private get log(): boolean {
    return this.settings.log ?? this.context.state.log;
  }

  private toggleClipping(): void {
    this.settings.clipOutliers = !this.settings.clipOutliers;
    this.context.redraw();
  }

  focus(): void {
    this.plot.focus();
  }

  /** Open an enlarged copy, unless this is one. */
  enlarge(): void {
    this.onEnlarge?.();
  }

  private get heightPx(): number {
    const dialog = this.onEnlarge === null ? this.element.closest('dialog') : null;
    return dialog === null ? this.context.state.heightPx : Math.max(200, dialog.clientHeight - ENLARGED_MARGIN_PX - this.table.element.offsetHeight);
  }

  private resize(deltaPx: number): void {
    changeHeight(this.context.state, deltaPx);
    this.context.redraw();
  }

  private createEnlargeButton(onEnlarge: () => void): HTMLElement {
    return h('button', {
      class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${this.group.title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: onEnlarge,
    }, icon(ENLARGE_ICON));
  }

  /** Dragging it changes the height of all charts; PageUp and PageDown do the same by keyboard. */
  private createResizeHandle(): HTMLElement {
    const handle = h('div', { class: 'wnb-resize', 'aria-hidden': 'true', title: 'Drag to resize all charts' });
    let lastY = 0;
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      lastY = event.clientY;
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      this.resize(event.clientY - lastY);
      lastY = event.clientY;
    });
    return handle;
  }

  private get note(): string {
    return chartNote(this.lines, { unit: this.unit, zoom: this.visibleRange, clipped: this.settings.clipOutliers, isComparison: this.context.overlay.isComparison });
  }

  private get visibleRange(): Range | null {
    return this.context.state.zoom.get(this.unit.id) ?? null;
  }

  private savedChart(): SavedChart {
    const { lines, unit, log } = this;
    return { title: this.group.title, lines, unit, x: this.chart.range, log, clip: this.settings.clipOutliers, dashes: this.context.state.dashes };
  }

  private describe(): void {
    this.legend.update(mainLines(this.allLines));
    setText(this.trendText, this.trends().join('; '));
    const [min, max] = this.chart.range;
    this.plot.setAttribute('aria-valuemin', String(min));
    this.plot.setAttribute('aria-valuemax', String(max));
    this.table.update();
    this.pointPanel.update(this.lines);
    this.showValues();
  }

  /** The course of each metric and run, in words. */
  private trends(): string[] {
    const { primaryRuns, isComparison } = this.context.overlay;
    return primaryRuns.filter((run) => !run.hidden).flatMap((run) =>
      this.group.keys.map((key) => trend(run.data, key)).filter(Boolean).map((text) => (isComparison ? `${run.label}: ${text}` : text)));
  }

  private toggleLine(line: Line, only: boolean): void {
    toggleLine(this.context, line, mainLines(this.allLines), only);
    this.context.redraw();
  }

  private moveToStep(step: number): boolean {
    const [min, max] = this.chart.range;
    const movable = this.visible && this.unit.kind === 'step' && step >= min && step <= max;
    if (movable) this.chart.setCursor(step);
    return movable;
  }

  private hover(x: number | null): void {
    this.cursor = x;
    this.context.stepCursor.point(this.unit.kind === 'step' ? x : null);
    this.showValues();
  }

  /** The values at the cursor, or the latest. */
  private showValues(): void {
    const x = this.cursor ?? Infinity;
    const spoken: string[] = [];
    let at = NaN;
    for (const line of mainLines(this.lines)) {
      const i = Number.isFinite(x) ? nearestIndex(line.xs, x) : latestIndex(line);
      const value = (line.raw ?? line.ys)[i] ?? NaN;
      this.legend.setValue(line, i < 0 ? '–' : formatNumber(value));
      spoken.push(`${line.label} ${formatNumber(value)}`);
      if (i >= 0 && !(Math.abs(line.xs[i]! - x) >= Math.abs(at - x))) at = line.xs[i]!;
    }
    const picked = this.picked();
    this.lastPoint = picked ?? this.lastPoint;
    if (picked?.line.faint) at = picked.line.xs[picked.index]!;
    const position = [this.positionText(at), picked === null ? '' : this.sourceText(picked)].filter(Boolean).join(' · ');
    setText(this.position, this.cursor === null ? this.note : position);
    this.position.title = this.position.textContent!;
    this.plot.setAttribute('aria-valuenow', String(Number.isFinite(at) ? at : this.chart.range[1]));
    this.plot.setAttribute('aria-valuetext', `${position}: ${spoken.join(', ')}`);
  }

  /** The cells of a single run to shade; empty if there is only one. */
  private bands(): NamedBand[] {
    const line = mainLines(this.lines)[0];
    const ranges = line === undefined || this.context.overlay.isComparison ? [] : cellBands(line);
    return ranges.length < 2 ? [] : ranges.map((band) => ({ ...band, name: cellName(line!.run.data, band.cell) }));
  }

  /** The attempt or background run of a point, the cell that logged it, and the artifact logged before it. */
  private sourceText({ line, index }: LinePoint): string {
    const id = cellOf(line, index);
    return [line.faint && line.run.role === 'primary' ? attemptName(line.attempt) : '', line.run.role === 'background' ? line.label : '',
      id === 0 ? '' : `cell ${cellName(line.run.data, id)}`, this.versionText({ line, index })].filter(Boolean).join(' · ');
  }

  /** The artifact that was logged last before a point, and how many others there are. */
  private versionText(point: LinePoint): string {
    const { artifacts } = point.line.run.data;
    const versions = artifacts.length === 0 ? [] : versionsAt(artifacts, runPoint(point));
    return versions.length > 1 ? `${versions[0]!.name} +${versions.length - 1}` : (versions[0]?.name ?? '');
  }

  private picked(): LinePoint | null {
    return this.cursor === null ? null : this.chart.pick(this.cursor);
  }

  /** The point at the cursor, at its last position, or the latest point. */
  private point(): LinePoint | null {
    const line = mainLines(this.lines)[0];
    return this.picked() ?? this.lastPoint ?? (line === undefined ? null : { line, index: latestIndex(line) });
  }

  private positionText(x: number): string {
    if (!Number.isFinite(x)) return 'latest';
    return this.unit.kind === 'time' ? formatDuration(x) : `${this.unit.label} ${formatNumber(x)}`;
  }

  private zoom(range: [number, number] | null): void {
    if (range === null) this.context.state.zoom.delete(this.unit.id);
    else this.context.state.zoom.set(this.unit.id, range);
    this.context.redraw();
  }

  private zoomAround(factor: number): void {
    const range = this.visibleRange ?? this.chart.range; // the chart has it with the next frame only
    this.zoom(scaledRange(range, this.cursor ?? (range[0] + range[1]) / 2, factor));
  }

  /** The title; a split that may share its chart soon is in a quiet colour, so that little changes when it does. */
  private createTitle(): HTMLElement {
    const { title, keys } = this.group;
    const alone = keys.length === 1 && !this.context.overlay.isComparison;
    const [before, name, after] = alone ? titleParts(title) : ['', title, ''];
    const split = (text: string): HTMLElement | false => text !== '' && h('span', { class: 'wnb-title-split' }, text);
    return h('h4', { class: 'wnb-card-title', title }, split(before), name, split(after));
  }

  private createTableButton(): HTMLElement {
    return h('button', {
      class: 'wnb-tool', type: 'button', 'aria-expanded': 'false', 'aria-controls': this.table.element.id,
      'aria-label': `Points of ${this.group.title} as a table`, title: 'Show points as a table (T)',
      'aria-keyshortcuts': 'T', onclick: () => this.toggleTable(),
    }, icon(TABLE_ICON));
  }
}
