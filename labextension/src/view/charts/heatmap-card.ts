import { lowerBound, scaledRange } from '../../chart/axis-ranges';
import type { CellPosition, HeatmapContent } from '../../chart/heatmap-plot';
import { HeatmapPlot } from '../../chart/heatmap-plot';
import { RidgelinePlot } from '../../chart/ridgeline-plot';
import type { XUnit } from '../../model/axes';
import { STEP, unitOf } from '../../model/axes';
import type { ChartGroup } from '../../model/chart-groups';
import { formatDuration, formatNumber } from '../../model/format';
import type { Heatmap } from '../../model/heatmap';
import { binCount, binName, cellsAt, cellText, describeHeatmap, summaryAt } from '../../model/heatmap';
import type { OverlaidRun } from '../../model/overlay';
import { freshId, h, icon, setText } from '../dom';
import { cursorKeys } from '../keys';
import type { Card } from './card';
import { ENLARGE_ICON, RIDGELINE_ICON, TABLE_ICON } from './card-icons';
import type { ChartContext } from './view-state';
import { changeHeight, settingsOf } from './view-state';

const ENLARGED_MARGIN_PX = 110;

/** The heat map of one metric of one run, with its values at the cursor and a table of one step. */
export class HeatmapCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly plotHost: HTMLElement;
  private plot: HeatmapPlot | RidgelinePlot;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly description = h('p', { class: 'wnb-hidden', id: freshId() });
  private readonly summary = h('div', { class: 'wnb-legend' });
  private readonly table = h('div', { class: 'wnb-points', id: freshId(), hidden: true, tabindex: 0, role: 'region' });
  private readonly tableButton: HTMLElement;
  private readonly ridgelineButton: HTMLElement;
  private content: HeatmapContent | null = null;
  private cursor: CellPosition | null = null;
  private drawnState = '';

  constructor(private readonly context: ChartContext, readonly group: ChartGroup, private readonly onEnlarge: (() => void) | null) {
    const { title } = group;
    this.plotHost = h('div', {
      class: 'wnb-plot wnb-heatmap', tabindex: 0, role: 'slider', 'aria-label': `Cursor in the heat map ${title}`, 'aria-describedby': this.description.id, 'aria-valuenow': 0,
    });
    this.plot = new HeatmapPlot(this.plotHost);
    this.table.setAttribute('aria-label', `Values of ${title}`);
    this.tableButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-expanded': 'false', 'aria-controls': this.table.id, 'aria-label': `Values of ${title} as a table`,
      title: 'Show the values of a step as a table (T)', 'aria-keyshortcuts': 'T', onclick: () => this.toggleTable(),
    }, icon(TABLE_ICON));
    this.ridgelineButton = h('button', {
      class: 'wnb-tool', type: 'button', 'aria-label': `Ridgeline of ${title}`, title: 'Ridges instead of a heat map (R)', 'aria-keyshortcuts': 'R', onclick: () => this.toggleRidgeline(),
    }, icon(RIDGELINE_ICON));
    const enlarge = onEnlarge && h('button', { class: 'wnb-tool', type: 'button', 'aria-label': `Enlarge ${title}`, title: 'Enlarge (F)', 'aria-keyshortcuts': 'F', onclick: onEnlarge }, icon(ENLARGE_ICON));
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Heat map ${title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title }, title), this.position, this.ridgelineButton, this.tableButton, enlarge),
      this.summary, this.description, this.plotHost, this.table);
    this.listen();
  }

  update(): void {
    const { overlay, palette, state } = this.context;
    if (!this.visible || this.element.clientWidth === 0) return;
    this.plotHost.style.height = `${this.heightPx}px`;
    const drawnState = [overlay.version, this.plotHost.clientWidth, this.heightPx, state.axis, [...state.zoom].join(' '), palette.ink, this.isRidgeline].join(' ');
    if (drawnState === this.drawnState) return;
    this.drawnState = drawnState;
    this.content = this.createContent();
    this.choosePlot();
    this.draw();
  }

  focus(): void {
    this.plotHost.focus();
  }

  toggleTable(): void {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute('aria-expanded', String(!this.table.hidden));
    this.draw();
  }

  /** The choice is one of the view's settings, so that the enlarged copy has it, too. */
  private toggleRidgeline(): void {
    if (this.heatmap?.kind !== 'histogram') return;
    const settings = settingsOf(this.context.state, this.settingsId);
    settings.ridgeline = !settings.ridgeline;
    this.cursor = null;
    this.context.redraw();
  }

  private choosePlot(): void {
    this.ridgelineButton.hidden = this.heatmap?.kind !== 'histogram';
    this.ridgelineButton.setAttribute('aria-pressed', String(this.isRidgeline));
    if (this.isRidgeline === this.plot instanceof RidgelinePlot) return;
    this.plot.destroy();
    this.plot = this.isRidgeline ? new RidgelinePlot(this.plotHost) : new HeatmapPlot(this.plotHost);
  }

  private get isRidgeline(): boolean {
    return this.heatmap?.kind === 'histogram' && settingsOf(this.context.state, this.settingsId).ridgeline;
  }

  private get settingsId(): string {
    return `heatmap ${this.group.title}`;
  }

  toggleLog(): void {
    // A heat map has no log scale.
  }

  enlarge(): void {
    this.onEnlarge?.();
  }

  destroy(): void {
    this.plot.destroy();
  }

  private get heightPx(): number {
    const dialog = this.onEnlarge === null ? this.element.closest('dialog') : null;
    return dialog === null ? this.context.state.heightPx : Math.max(200, dialog.clientHeight - ENLARGED_MARGIN_PX - this.table.offsetHeight);
  }

  private get run(): OverlaidRun | undefined {
    return this.context.overlay.primaryRuns.find(({ data }) => data.run?.id === this.group.run);
  }

  private get heatmap(): Heatmap | undefined {
    return this.run?.data.heatmaps.find(({ key }) => key === this.group.keys[0]);
  }

  private createContent(): HeatmapContent | null {
    const { heatmap, context } = this;
    if (heatmap === undefined || this.run?.hidden || heatmap.step.length === 0) return null;
    const chosen = unitOf(context.overlay, this.group, context.state.axis);
    const unit: XUnit = chosen.kind === 'time' ? chosen : STEP;
    return { heatmap, unit, xs: unit.kind === 'time' ? heatmap.time : heatmap.step, zoom: context.state.zoom.get(unit.id) ?? null };
  }

  private draw(): void {
    const { content } = this;
    this.plotHost.hidden = content === null;
    if (content === null) return;
    this.plot.show(content, this.context.palette, this.heightPx, this.cursor);
    setText(this.description, describeHeatmap(content.heatmap));
    this.describeCursor(content);
    if (!this.table.hidden) this.fillTable(content);
  }

  /** Report the cell at the cursor, or the last step. */
  private describeCursor({ heatmap, unit, xs }: HeatmapContent): void {
    const last = heatmap.step.length - 1;
    const step = Math.min(this.cursor?.step ?? last, last);
    const position = unit.kind === 'time' ? formatDuration(xs[step]!) : `step ${formatNumber(xs[step]!)}`;
    const cell = this.cursor === null ? '' : cellText(heatmap, step, this.cursor.bin);
    setText(this.position, this.cursor === null ? this.note(heatmap) : `${position} · ${cell}`);
    setText(this.summary, `${this.cursor === null ? 'latest' : position}: ${summaryAt(heatmap, step)}`);
    this.plotHost.setAttribute('aria-valuemin', String(xs[0]));
    this.plotHost.setAttribute('aria-valuemax', String(xs[last]));
    this.plotHost.setAttribute('aria-valuenow', String(xs[step]));
    this.plotHost.setAttribute('aria-valuetext', [position, cell, summaryAt(heatmap, step)].filter(Boolean).join(': '));
  }

  private note({ kind, n, step }: Heatmap): string {
    const names = kind === 'histogram' ? 'histograms' : 'lists';
    return n > step.length ? `${step.length} of ${formatNumber(n)} ${names}` : '';
  }

  private fillTable({ heatmap }: HeatmapContent): void {
    const last = heatmap.step.length - 1;
    const step = Math.min(this.cursor?.step ?? last, last);
    const rows = [...cellsAt(heatmap, step)].map((value, j) =>
      h('tr', {}, h('th', { scope: 'row' }, binName(heatmap, j)), h('td', {}, formatNumber(Number(value.toPrecision(4))))));
    this.table.replaceChildren(h('table', {},
      h('caption', {}, `Step ${formatNumber(heatmap.step[step]!)}`),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, heatmap.kind === 'histogram' ? 'range' : 'index'), h('th', { scope: 'col' }, heatmap.kind === 'histogram' ? 'values' : 'value'))),
      h('tbody', {}, ...rows)));
  }

  private setCursor(cursor: CellPosition | null): void {
    if (cursor?.step === this.cursor?.step && cursor?.bin === this.cursor?.bin) return;
    this.cursor = cursor;
    this.draw();
  }

  private moveCursor(steps: number, bins: number): void {
    if (this.content === null) return;
    const { heatmap } = this.content;
    const lastStep = heatmap.step.length - 1;
    const from = this.cursor ?? { step: lastStep - steps, bin: Math.floor(binCount(heatmap) / 2) };
    this.setCursor({
      step: Math.max(0, Math.min(lastStep, from.step + steps)),
      bin: Math.max(0, Math.min(binCount(heatmap) - 1, from.bin + bins)),
    });
  }

  private moveTo(step: number): void {
    if (this.content !== null) this.setCursor({ step, bin: this.cursor?.bin ?? Math.floor(binCount(this.content.heatmap) / 2) });
  }

  private listen(): void {
    const host = this.plotHost;
    host.addEventListener('mousemove', (event) => {
      const box = host.getBoundingClientRect();
      this.setCursor(this.plot.cellAt(event.clientX - box.left, event.clientY - box.top));
    });
    host.addEventListener('mouseleave', () => this.setCursor(null));
    host.addEventListener('dblclick', () => this.zoom(null));
    cursorKeys(host, {
      move: (steps) => this.moveCursor(steps, 0),
      edge: (end) => this.moveTo(end ? (this.content?.xs.length ?? 1) - 1 : 0),
      zoom: (factor) => this.zoomAround(factor),
      openSource: () => undefined,
      resetZoom: () => this.zoom(null),
      resize: (deltaPx) => {
        changeHeight(this.context.state, deltaPx);
        this.context.redraw();
      },
      close: () => false,
    });
    host.addEventListener('keydown', (event) => {
      if (event.key === 'r' && !event.ctrlKey && !event.metaKey && !event.altKey) this.toggleRidgeline();
      const bins = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (bins === undefined) return;
      event.preventDefault();
      this.moveCursor(0, bins);
    });
  }

  private zoomAround(factor: number): void {
    if (this.content === null) return;
    const visible = this.context.state.zoom.get(this.content.unit.id) ?? this.plot.range; // as for a chart
    const range = scaledRange(visible, this.cursor === null ? (visible[0] + visible[1]) / 2 : this.content.xs[this.cursor.step]!, factor);
    if (lowerBound(this.content.xs, range[1]) > lowerBound(this.content.xs, range[0])) this.zoom(range);
  }

  private zoom(range: [number, number] | null): void {
    const { zoom } = this.context.state;
    const id = this.content?.unit.id ?? STEP.id;
    if (range === null) zoom.delete(id);
    else zoom.set(id, range);
    this.context.redraw();
  }
}
