import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dash } from '../src/chart/palette';
import { freeStyle, metricStyle, preferredStyle, runStyles } from '../src/model/run-styles';
import { Overlay } from '../src/model/overlay';
import { RunData } from '../src/model/run-data';
import { message, run } from './messages';

const shared = new URL('../../tests/view/style_cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(shared, 'utf8')) as { preferred: Record<string, number>; together: { ids: string[]; styles: number[] }[] };

describe('the colour of a run', () => {
  it('follows from its id, as in Python', () => {
    expect(Object.fromEntries(Object.keys(cases.preferred).map((id) => [id, preferredStyle(id)]))).toEqual(cases.preferred);
  });

  it('is the next free one beside a run of the same colour, and dashed beyond eight', () => {
    for (const { ids, styles } of cases.together) expect(runStyles(ids)).toEqual(styles);
    expect(runStyles(Array.from({ length: 9 }, (_, i) => String(i))).map((style) => dash(style).length > 0).filter(Boolean).length).toBe(1);
    expect(freeStyle('abcd1234', new Set([1]))).toBe(preferredStyle('abcd1234'));
  });

  it('is that of its first metric, alone and beside others', () => {
    const own = new RunData();
    own.apply(message([{ key: 'loss', values: [1] }], { run: { ...run, id: 'snowy' } }));
    expect(Overlay.of(own).firstStyle).toBe(preferredStyle('snowy'));
    expect(Overlay.of(new RunData(), own).runs.map(({ style }) => style)).toEqual([null, null]);
    expect([metricStyle(7, 0), metricStyle(7, 1), metricStyle(7, 8)]).toEqual([7, 0, 15]);
  });

  it('stays when a run before it is removed', () => {
    const runs = ['abcd1234', 'grow'].map((id) => {
      const data = new RunData();
      data.apply(message([], { run: { ...run, id } }));
      return data;
    });
    const overlay = Overlay.of(...runs);
    expect(overlay.runs.map(({ style }) => style)).toEqual([0, 1]);
    overlay.runs.shift();
    overlay.assignStyles();
    expect(overlay.runs.map(({ style }) => style)).toEqual([1]);
  });
});
