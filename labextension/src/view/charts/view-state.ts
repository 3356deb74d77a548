import type { Palette } from '../../chart/palette';
import type { XMode } from '../../chart/lines';
import type { Range } from '../../chart/axis-ranges';
import type { Overlay } from '../../model/overlay';

/** The user's choices in a view; new messages do not change them. */
export interface ViewState {
  mode: XMode;
  /** Whether the user chose `mode`; otherwise the metric definitions determine it. */
  modeChosen: boolean;
  /** Weight of the past in smoothed lines; 0 draws the logged values. */
  smoothing: number;
  log: boolean;
  /** The visible part of x, by unit. */
  zoom: Map<string, Range>;
  filter: string;
  /** Whether cells are shaded behind the lines. */
  shadeCells: boolean;
}

export function initialState(): ViewState {
  return { mode: 'step', modeChosen: false, smoothing: 0, log: false, zoom: new Map(), filter: '', shadeCells: true };
}

/** What all charts of a view share. */
export interface ChartContext {
  overlay: Overlay;
  state: ViewState;
  palette: Palette;
  /** The charts of one group share the cursor. */
  group: string;
  /** Redraw all charts after a choice changed. */
  redraw(): void;
}
