import { describe, expect, it } from 'vitest';
import { yRange } from '../src/chart/axis-ranges';
import type { PlotFrame } from '../src/chart/path';
import { bandAreas } from '../src/chart/path';
import { groupLines, lastPlace, unitOfAxis } from '../src/server-page/group-lines';

describe('groups of runs', () => {
  const group = { name: 'lr 0.1', mean: [2, null, 4, 5, null], low: [1, null, -1, 5, null], high: [3, null, 5, 5, null], counts: [2, 0, 2, 1, 0] };
  const [line] = groupLines({ metric: 'loss', axis: 'step', log: false, x: [0, 1, 2, 3, 4], groups: [group] });

  it('are lines with gaps where no run has a value', () => {
    expect([...line!.ys]).toEqual([2, NaN, 4, 5, NaN]);
    expect(lastPlace(line!)).toBe(3);
    expect(['step', 'time', 'epoch'].map((axis) => unitOfAxis(axis).kind)).toEqual(['step', 'time', 'metric']);
  });

  it('need room for their bands', () => {
    const [min, max] = yRange([line!], [0, 4], false);
    expect(min).toBeLessThan(-1);
    expect(max).toBeGreaterThan(5);
  });

  it('have one area for each part of a band, down to the frame where a log axis cannot show it', () => {
    const frame: PlotFrame = { left: 0, top: 0, width: 400, height: 100, x: [0, 4], y: [0, 8], log: false };
    const areas = bandAreas(frame, line!.xs, line!.band);
    expect(areas.map(({ upper }) => upper)).toEqual([[[0, 62.5]], [[200, 37.5], [300, 37.5]]]);
    expect(areas[1]!.lower).toEqual([[200, 112.5], [300, 37.5]]);
    expect(bandAreas({ ...frame, y: [-1, 1], log: true }, line!.xs, line!.band)[1]!.lower[0]).toEqual([200, 100]);
  });
});
