import type { XMode } from '../model/lines';
import type { Range } from '../model/range';

/** What the reader of a view has chosen; it outlives every new message. */
export interface ViewState {
  mode: XMode;
  /** Whether `mode` was chosen, and is not what the run's definitions suggest. */
  chosen: boolean;
  /** Weight of the past in the smoothed lines; 0 draws the values as they are. */
  smoothing: number;
  log: boolean;
  /** Shown part of x, by unit. */
  zoom: Map<string, Range>;
  filter: string;
  /** Whether cells are shaded behind the lines. */
  bands: boolean;
}

export function initialState(): ViewState {
  return { mode: 'step', chosen: false, smoothing: 0, log: false, zoom: new Map(), filter: '', bands: true };
}
