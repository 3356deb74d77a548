import { describe, expect, it } from 'vitest';
import { differences } from '../src/model/differences';

describe('differences', () => {
  it('stand in the order of first appearance, nested keys dotted, with the change of two numbers', () => {
    expect(differences([{ lr: 0.1, model: { width: 64 }, _wandb: {} }, { lr: 0.3, model: { width: 64 }, note: 'x' }])).toEqual([
      { key: 'lr', texts: ['0.1', '0.3'], same: false, change: '+0.2 (+200 %)' },
      { key: 'model.width', texts: ['64', '64'], same: true, change: null },
      { key: 'note', texts: [null, 'x'], same: false, change: null },
    ]);
  });

  it('tell no change of three runs, nor a share of zero', () => {
    expect(differences([{ a: 1 }, { a: 2 }, { a: 3 }])[0]!.change).toBe(null);
    expect(differences([{ a: 0 }, { a: -2 }])[0]!.change).toBe('−2');
  });
});
