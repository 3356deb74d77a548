import { describe, expect, it } from 'vitest';
import { configHeadline, legendLabels, valueLabels } from '../src/model/comparison-labels';
import { valueDifferences } from '../src/model/value-differences';

describe('what differs', () => {
  const pair = valueDifferences([{ lr: 0.1, model: { width: 64 }, seed: 1 }, { lr: 0.5, model: { width: 64 }, seed: 1 }]);
  const three = valueDifferences([{ lr: 1, a: { width: 1 }, b: { width: 1 } }, { lr: 1, a: { width: 2 }, b: { width: 3 } }, { lr: 1 }]);

  it('is in the labels of runs, with the last part of a key where that is enough', () => {
    expect(legendLabels(['slow', 'fast'], [], pair)).toEqual(['lr=0.1 · slow', 'lr=0.5 · fast']);
    expect(legendLabels(['x', 'y', 'z'], [], three)).toEqual(['a.width=1, b.width=1 · x', 'a.width=2, b.width=3 · y', 'z']);
    expect(legendLabels(['one'], [], [])).toEqual(['one']);
  });

  it('leaves labels distinct and short', () => {
    const long = 'n'.repeat(40);
    const config = valueDifferences([{ t: 'x'.repeat(50) }, { t: 'x'.repeat(49) }]);
    expect(legendLabels([long, long], ['one', 'two'], config)).toEqual(['one', 'two']);
    expect(legendLabels(['a', 'a'], ['one', 'two'], valueDifferences([{ t: 1 }, { t: 2 }]))).toEqual(['t=1 · a', 't=2 · a']);
  });

  it('is enough of a label where it is distinct', () => {
    expect(valueLabels(['lr=1 · a', 'lr=2 · b', 'lr=2 · c', 'd'])).toEqual(['lr=1', 'lr=2 · b', 'lr=2 · c', 'd']);
  });

  it('is in one line, for a pair and for more runs', () => {
    expect(configHeadline(pair)).toBe('lr 0.1 → 0.5');
    expect(configHeadline(three)).toBe('a.width 1, 2, – · b.width 1, 3, –');
    expect(configHeadline(valueDifferences([{ a: 1 }, { a: 1 }]))).toBe('');
  });
});
