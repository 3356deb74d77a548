/** Points that share a colour and a name; `xs` and `ys` have the same length. */
export interface PointSeries {
  name: string;
  style: number;
  dash: number;
  xs: Float64Array;
  ys: Float64Array;
}

/** Lines or points over two number axes. With `names`, x counts these, for values that are not numbers. */
export interface PointPlot {
  kind: 'lines' | 'points';
  series: PointSeries[];
  names: string[] | null;
  xLabel: string;
  yLabel: string;
  /** Whether both axes are shares from 0 to 1. */
  unit: boolean;
}

/** Bars side by side for each of `labels`. */
export interface BarPlot {
  kind: 'bars';
  labels: string[];
  series: { name: string; style: number; dash: number; values: Float64Array }[];
  xLabel: string;
  yLabel: string;
}

/** How many values are in each of the bins between `edges`. */
export interface HistogramPlot {
  kind: 'histogram';
  edges: Float64Array;
  series: { name: string; style: number; dash: number; counts: Float64Array }[];
  xLabel: string;
  yLabel: string;
}

/** Counts by actual class (rows) and predicted class (columns), a matrix for each run. */
export interface MatrixPlot {
  kind: 'matrix';
  labels: string[];
  series: { name: string; style: number; dash: number; counts: Float64Array }[];
  xLabel: string;
  yLabel: string;
}

/** A chart of tables as it is drawn. */
export type Plot = PointPlot | BarPlot | HistogramPlot | MatrixPlot;
