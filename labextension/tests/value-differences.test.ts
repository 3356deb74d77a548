import { describe, expect, it } from 'vitest';
import { valueDifferences } from '../src/model/value-differences';

describe('differences', () => {
  it('are in order of first appearance, nested keys dotted, with the change of two numbers', () => {
    expect(valueDifferences([{ lr: 0.1, model: { width: 64 }, _wandb: {} }, { lr: 0.3, model: { width: 64 }, note: 'x' }])).toEqual([
      { key: 'lr', texts: ['0.1', '0.3'], same: false, change: '+0.2 (+200 %)' },
      { key: 'model.width', texts: ['64', '64'], same: true, change: null },
      { key: 'note', texts: [null, 'x'], same: false, change: null },
    ]);
  });

  it('have no change for three runs, and no percentage of zero', () => {
    expect(valueDifferences([{ a: 1 }, { a: 2 }, { a: 3 }])[0]!.change).toBe(null);
    expect(valueDifferences([{ a: 0 }, { a: -2 }])[0]!.change).toBe('−2');
  });
});
