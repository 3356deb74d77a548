import { describe, expect, it } from 'vitest';
import { groupCharts } from '../src/model/chart-groups';
import { selectedCharts } from '../src/model/selected-charts';

const sections = groupCharts(['lr', 'train/loss', 'val/loss', 'gpu/a', 'gpu/b'], []);

describe('selected charts', () => {
  it('are all charts if nothing is selected', () => {
    expect(selectedCharts(sections, new Set())).toBe(sections);
  });

  it('are those of the selected metrics, in the order of the run', () => {
    const [overview, gpu, ...others] = selectedCharts(sections, new Set(['gpu/b', 'lr']));
    expect(overview!.charts).toEqual([{ title: 'lr', keys: ['lr'] }]);
    expect(gpu!.charts).toEqual([{ title: 'gpu/b', keys: ['gpu/b'] }]);
    expect(others).toEqual([]);
  });

  it('are called by the metric that is left of a pair', () => {
    expect(selectedCharts(sections, new Set(['val/loss']))[0]!.charts).toEqual([{ title: 'val/loss', keys: ['val/loss'] }]);
    expect(selectedCharts(sections, new Set(['val/loss', 'train/loss']))[0]!.charts).toEqual([{ title: 'loss', keys: ['train/loss', 'val/loss'] }]);
  });

  it('are none for metrics that have no values', () => {
    expect(selectedCharts(sections, new Set(['nothing']))).toEqual([]);
  });
});
