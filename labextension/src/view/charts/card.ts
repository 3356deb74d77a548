import type { ChartGroup } from '../../model/chart-groups';

/** One card of the grid: a chart of lines, a heat map, a table of texts, or media. It is drawn only while `visible`. */
export interface Card {
  readonly element: HTMLElement;
  readonly group: ChartGroup;
  visible: boolean;
  /** Draw all changes. */
  update(): void;
  focus(): void;
  /** Open or close the table of what is drawn, if there is one. */
  toggleTable(): void;
  toggleLog(): void;
  /** Open an enlarged copy, unless this is one. */
  enlarge(): void;
  destroy(): void;
}
