// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { describeRemarks, RunRemarks } from '../src/view/run-remarks';
import { run } from './messages';

describe('the remarks on repeating a run', () => {
  it('are counted in words', () => {
    expect([0, 1, 2].map(describeRemarks)).toEqual(['reproducible: no remarks', 'reproducible: 1 remark', 'reproducible: 2 remarks']);
  });

  it('are one line, with the texts as its tooltip', () => {
    const line = new RunRemarks();
    line.update({ ...run, remarks: ['no seed is set', '<b>\u202ehere'] });
    expect([line.element.hidden, line.element.textContent, line.element.title]).toEqual([false, 'reproducible: 2 remarks', 'no seed is set\n<b> here']);
    expect(new RunRemarks().element.hidden).toBe(true);
  });

  it('are hidden while the run is active, and in outputs of earlier releases', () => {
    const line = new RunRemarks();
    line.update({ ...run, remarks: ['no seed is set'] });
    line.update({ ...run, remarks: null });
    expect(line.element.hidden).toBe(true);
    line.update(run);
    expect(line.element.hidden).toBe(true);
  });
});
