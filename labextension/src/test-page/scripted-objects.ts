import type { HeatmapHeader, Slice, TextSeries } from '../wire/messages';

const [STEPS, BINS, CLASSES] = [60, 30, 8];

/** Histograms that narrow, lists and texts, with their columns in the floats from `offset` on. */
export function scriptedObjects(offset: number): { heatmaps: HeatmapHeader[]; texts: TextSeries[]; floats: number[] } {
  const floats: number[] = [];
  const place = (values: number[]): Slice => [offset + floats.push(...values) - values.length, values.length];
  const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
  const steps = range(STEPS).map((i) => i * 10);
  const edges = range(BINS + 1).map((j) => -1.5 + (3 * j) / BINS);
  const counts = range(STEPS).flatMap((i) => range(BINS).map((j) => {
    const distance = (edges[j]! + edges[j + 1]!) / 2 - 0.6 * Math.sin(i / 14);
    return Math.round(900 * Math.exp(-0.5 * (distance / (0.6 - i / 150)) ** 2));
  }));
  const accuracies = range(STEPS).flatMap((i) => range(CLASSES).map((k) => 1 - 0.9 * Math.exp((-i * (k + 1)) / 90)));
  const axes = { step: place(steps), time: place(steps.map((step) => step / 20)) };
  const heatmaps: HeatmapHeader[] = [
    { key: 'weights/dense', kind: 'histogram', n: 600, columns: { ...axes, edges: place(edges), cells: place(counts) } },
    { key: 'accuracy per class', kind: 'list', n: STEPS, columns: { ...axes, edges: place(range(CLASSES + 1).map((k) => k - 0.5)), cells: place(accuracies) } },
  ];
  const words = ['the', 'owl', 'saw', '<img src=x onerror=window.harmed=1>', 'a', 'snowy', 'field'];
  const rows = range(20).map((i) => ({ step: 400 + i * 10, time: 20 + i, text: words.slice(0, 1 + (i % words.length)).join(' '), cut: i === 3 }));
  return { heatmaps, texts: [{ key: 'sample', n: 60, rows }], floats };
}
