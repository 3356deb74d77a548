// @vitest-environment jsdom
import { describe, expect, it, vi } from 'vitest';

vi.stubGlobal('matchMedia', () => ({ addEventListener: () => undefined })); // jsdom has none, uPlot needs it on import
const { columnCount } = await import('../src/view/charts/chart-grid');

describe('the columns of the chart grid', () => {
  it('are not more than there are charts', () => {
    expect([columnCount(1030, 2), columnCount(1240, 3)]).toEqual([2, 3]);
  });

  it('are two for a chart alone where they fit, so that it stays when a second arrives', () => {
    expect([columnCount(1240, 1), columnCount(1240, 2), columnCount(500, 1)]).toEqual([2, 2, 1]);
  });

  it('are at most four, and as many as the width has room for', () => {
    expect([columnCount(3000, 24), columnCount(1030, 24), columnCount(200, 24)]).toEqual([4, 3, 1]);
  });
});
