import type { Section } from './chart-groups';

/** The metrics that the charts of a view are limited to, shared with something outside of the view. */
export interface MetricSelection {
  /** No metrics stand for all. */
  readonly keys: readonly string[];
  change(keys: string[]): void;
  /** Register a listener for changes; returns a function that removes it. */
  listen(listener: () => void): () => void;
}

/** The charts of these metrics alone; all charts if none are selected. */
export function selectedCharts(sections: Section[], selected: ReadonlySet<string>): Section[] {
  if (selected.size === 0) return sections;
  return sections
    .map(({ prefix, charts }) => ({
      prefix,
      charts: charts.flatMap((chart) => {
        const keys = chart.keys.filter((key) => selected.has(key));
        if (keys.length === 0) return [];
        return [keys.length === chart.keys.length ? chart : { title: keys.length === 1 ? keys[0]! : chart.title, keys }];
      }),
    }))
    .filter((section) => section.charts.length > 0);
}
