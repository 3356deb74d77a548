import { PALETTES } from '../../chart/palette';
import type { Theme } from '../../chart/palette';
import type { Overlay } from '../../model/overlay';
import type { MetricSelection } from '../../model/selected-charts';
import { freshId } from '../dom';
import { letterKeys } from '../keys';
import { ChartGrid } from './chart-grid';
import { MetricPicker } from './metric-picker';
import { StepCursor } from './step-cursor';
import { Toolbar } from './toolbar';
import type { ChartContext } from './view-state';
import { initialState } from './view-state';

/** All charts of one or more runs, and the toolbar of their shared settings. */
export class ChartPanel {
  readonly context: ChartContext;
  readonly toolbar: Toolbar;
  readonly grid: ChartGrid;
  private picker: MetricPicker | null = null;
  private stopSharing: (() => void) | null = null;

  constructor(overlay: Overlay, redraw: () => void) {
    this.context = { overlay, state: initialState(), palette: PALETTES.light, group: freshId(), stepCursor: new StepCursor(), redraw };
    this.toolbar = new Toolbar(this.context);
    this.grid = new ChartGrid(this.context);
  }

  /** Draw all changes; `visible` is false while another tab is open. */
  update(theme: Theme, visible: boolean): void {
    this.context.palette = PALETTES[theme];
    this.context.overlay.assignStyles();
    this.toolbar.element.hidden = !visible;
    if (visible) this.grid.update();
    this.toolbar.update(this.grid.total);
    this.picker?.update(this.metrics, this.context.state.selectedKeys);
  }

  /** Handle the shortcut letters of the controls anywhere in `root`. */
  listen(root: HTMLElement, more: Record<string, () => void> = {}): void {
    letterKeys(root, {
      l: (target) => (target.closest('.wnb-card') ? this.grid.cardOf(target)?.toggleLog() : this.toolbar.toggleLog()),
      c: () => this.toolbar.toggleCells(),
      f: (target) => this.grid.cardOf(target)?.enlarge(),
      t: (target) => this.grid.cardOf(target)?.toggleTable(),
      ...more,
    });
  }

  /** Limit the charts to a selection, and add a button that changes it. */
  shareSelection(selection: MetricSelection): void {
    const select = (): void => {
      this.context.state.selectedKeys = new Set(selection.keys);
      this.context.redraw();
    };
    this.context.state.selectedKeys = new Set(selection.keys);
    this.picker = new MetricPicker((keys) => selection.change(keys));
    this.toolbar.add(this.picker.element);
    this.stopSharing = selection.listen(select);
  }

  destroy(): void {
    this.stopSharing?.();
    this.picker?.destroy();
    this.grid.destroy();
  }

  /** The metrics that charts can show. */
  private get metrics(): string[] {
    return this.context.overlay.cards().flatMap((section) => section.charts.flatMap((chart) => chart.keys));
  }
}
