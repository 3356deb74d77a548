import type { Palette } from '../../chart/palette';
import type { Range } from '../../chart/axis-ranges';
import type { Axis } from '../../model/axes';
import type { Overlay } from '../../model/overlay';
import type { StepCursor } from './step-cursor';

const MIN_HEIGHT_PX = 110;
const MAX_HEIGHT_PX = 900;

/** The settings of one chart. */
export interface ChartSettings {
  /** Null follows the setting of all charts. */
  log: boolean | null;
  clipOutliers: boolean;
  /** Whether histograms are ridges instead of a heat map. */
  ridgeline: boolean;
}

/** The user's choices in a view; new messages do not change them. */
export interface ViewState {
  axis: Axis;
  /** Weight of the past in smoothed lines; 0 draws the logged values. */
  smoothing: number;
  /** Log scale of all charts without a setting of their own. */
  log: boolean;
  /** The settings of single charts, by their id. */
  charts: Map<string, ChartSettings>;
  /** The visible part of x, by unit. */
  zoom: Map<string, Range>;
  /** Metrics that the user hid, in charts of one run; of several runs, runs are hidden. */
  hiddenKeys: Set<string>;
  /** The metrics that have charts; all if it is empty. */
  selectedKeys: ReadonlySet<string>;
  /** Whether lines differ by dashes besides colours. */
  dashes: boolean;
  /** The height of all plots, so that cards of a row are equally high. */
  heightPx: number;
  filter: string;
  /** The step of all media; null follows the newest. */
  mediaStep: number | null;
  /** Whether cells are shaded behind the lines. */
  shadeCells: boolean;
}

export function initialState(): ViewState {
  return { axis: 'auto', smoothing: 0, log: false, charts: new Map(), zoom: new Map(), hiddenKeys: new Set(), selectedKeys: new Set(), dashes: false, heightPx: 190, filter: '', mediaStep: null, shadeCells: true };
}

/** The settings of a chart; the defaults if the user chose none. */
export function settingsOf(state: ViewState, chart: string): ChartSettings {
  const settings = state.charts.get(chart) ?? { log: null, clipOutliers: false, ridgeline: false };
  state.charts.set(chart, settings);
  return settings;
}

/** Change the height of all plots by `deltaPx`, within reasonable limits. */
export function changeHeight(state: ViewState, deltaPx: number): void {
  state.heightPx = Math.max(MIN_HEIGHT_PX, Math.min(MAX_HEIGHT_PX, state.heightPx + deltaPx));
}

/** What all charts of a view share. */
export interface ChartContext {
  overlay: Overlay;
  state: ViewState;
  palette: Palette;
  /** The charts of one group share the cursor. */
  group: string;
  /** Links that cursor with the step of the media. */
  stepCursor: StepCursor;
  /** Redraw all charts after a choice changed. */
  redraw(): void;
}
