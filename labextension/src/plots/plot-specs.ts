import type { PlotHeader } from '../wire/messages';

/** What a spec draws, and the columns of its fields where the chart does not name them. */
export interface PlotSpec {
  kind: 'lines' | 'points' | 'bars' | 'histogram' | 'matrix';
  x: string;
  y: string;
  /** Tells apart lines, points or bars of one chart; may be missing. */
  group: string;
  /** Whether both axes are shares from 0 to 1. */
  unit?: boolean;
}

type Field = 'x' | 'y' | 'group';

/** W&B's built-in charts, by their names without user and version; those with a version 1 are made by `wandb.sklearn`. */
const SPECS: Record<string, PlotSpec> = {
  line: { kind: 'lines', x: 'x', y: 'y', group: 'stroke' },
  scatter: { kind: 'points', x: 'x', y: 'y', group: 'class' },
  bar: { kind: 'bars', x: 'label', y: 'value', group: '' },
  histogram: { kind: 'histogram', x: 'value', y: '', group: '' },
  lineseries: { kind: 'lines', x: 'step', y: 'lineVal', group: 'lineKey' },
  'area-under-curve': { kind: 'lines', x: 'x', y: 'y', group: 'class', unit: true },
  roc: { kind: 'lines', x: 'fpr', y: 'tpr', group: 'class', unit: true },
  pr_curve: { kind: 'lines', x: 'recall', y: 'precision', group: 'class', unit: true },
  confusion_matrix: { kind: 'matrix', x: 'Predicted', y: 'Actual', group: 'nPredictions' },
  calibration: { kind: 'lines', x: 'mean_predicted_value', y: 'fraction_of_positives', group: 'classifier', unit: true },
  class_proportions: { kind: 'bars', x: 'class', y: 'count', group: 'dataset' },
  decision_boundaries: { kind: 'points', x: 'x', y: 'y', group: 'color' },
  elbow: { kind: 'lines', x: 'cluster_ranks', y: 'errors', group: '' },
  feature_importances: { kind: 'bars', x: 'feature_names', y: 'importances', group: '' },
  learning_curve: { kind: 'lines', x: 'train_size', y: 'score', group: 'dataset' },
  metrics: { kind: 'bars', x: 'metric_name', y: 'metric_value', group: 'model_name' },
  outliers: { kind: 'points', x: 'instance_indicies', y: 'distance', group: '' },
  residuals_plot: { kind: 'points', x: 'y_pred', y: 'residuals', group: 'dataset' },
  silhouette: { kind: 'points', x: 'x', y: 'y', group: 'colors' },
};

/** Other names of columns in tables of older versions. */
const OTHER_NAMES: Record<string, string[]> = { nPredictions: ['Count'], train_size: ['train'], x: ['fpr', 'recall'], y: ['tpr', 'precision'] };

/** The built-in chart behind a name such as "wandb/line/v0"; undefined for a spec of a user. */
export function builtInSpec(name: string): PlotSpec | undefined {
  const short = /^wandb\/([a-z_-]+?)_?\/v\d+$/.exec(name)?.[1] ?? '';
  return Object.hasOwn(SPECS, short) ? SPECS[short] : undefined;
}

/** The index of the column of a field: the one that the chart names, else the usual one; -1 if there is none. */
export function columnOf(columns: readonly string[], spec: PlotSpec, { fields }: PlotHeader, field: Field): number {
  const name = spec[field];
  if (name === '') return -1;
  const wanted = [fields[name], ...(Object.hasOwn(fields, name) ? [] : [name, ...(OTHER_NAMES[name] ?? [])])].filter((one) => one !== undefined);
  for (const one of wanted) {
    const exact = columns.indexOf(one);
    const at = exact >= 0 ? exact : columns.findIndex((column) => column.toLowerCase() === one.toLowerCase());
    if (at >= 0) return at;
  }
  return -1;
}
