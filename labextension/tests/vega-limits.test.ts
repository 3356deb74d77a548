import type { Spec } from 'vega';
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { beforeAll, describe, expect, it } from 'vitest';
import { limitTransforms } from '../src/vega/run-limits';

beforeAll(limitTransforms);

/** What stops a Vega spec, and the milliseconds until then; undefined if it runs. */
async function problemOf(spec: object): Promise<{ problem: string | undefined; ms: number }> {
  const problems: string[] = [];
  const quiet = (): unknown => logger;
  const logger = { level: quiet, warn: quiet, info: quiet, debug: quiet, error: (error: unknown) => (problems.push(error instanceof Error ? error.message : String(error)), logger) };
  const start = performance.now();
  const view = new View(parse(spec as Spec, {}, { ast: true }), { expr: expressionInterpreter, logger, renderer: 'none' } as unknown as ConstructorParameters<typeof View>[1]);
  await view.runAsync();
  view.finalize();
  return { problem: problems[0], ms: performance.now() - start };
}

const of = (...transform: object[]): object => ({ data: [{ name: 'a', values: Array.from({ length: 2000 }, (_, i) => ({ i, list: [1, 2] })), transform }] });

describe('a chart that would freeze the page', () => {
  it.each([
    ['a sequence', { data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 1e9 }] }] }, 'sequence'],
    ['a sequence up to a signal', { signals: [{ name: 'end', init: '1e9' }], data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: { signal: 'end' } }] }] }, 'sequence'],
    ['a sequence without end', { data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 9, step: 0 }] }] }, 'sequence'],
    ['a list in an expression', { signals: [{ name: 'list', update: 'sequence(1e9)' }] }, 'sequence'],
    ['a text in an expression', { signals: [{ name: 'text', update: "pad('a', 1e9)" }] }, 'pad'],
    ['pairs', of({ type: 'cross' }), 'cross'],
    ['a density', of({ type: 'kde', field: 'i', steps: 1e9 }), 'kde'],
    ['a simulation', { marks: [{ type: 'symbol', from: { data: 'a' }, transform: [{ type: 'force', static: true, iterations: 1e9, forces: [{ force: 'nbody' }] }] }], ...of() }, 'force'],
    ['ticks', { scales: [{ name: 'x', domain: [0, 1], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', tickCount: 1e9 }] }, 'more than 2,000'],
    ['bins', { scales: [{ name: 'x', domain: [0, 1], range: [0, 9], bins: { step: 1e-9 } }] }, 'more than 2,000'],
    ['moments', { scales: [{ name: 'x', type: 'utc', domain: [0, 1e12], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', tickCount: 'second' }] }, 'more than 2,000'],
  ])('by %s is refused before', async (_, spec, reason) => {
    const { problem, ms } = await problemOf(spec);
    expect(problem).toContain(reason);
    expect(ms).toBeLessThan(3000);
  });

  it('is told from one that is only large', async () => {
    const spec = { ...of({ type: 'flatten', fields: ['list'] }, { type: 'bin', field: 'i', extent: [0, 2000] }, { type: 'kde', field: 'i' }),
      signals: [{ name: 'list', update: 'sequence(1, 100)' }], scales: [{ name: 'x', domain: [0, 1], range: [0, 9] }, { name: 't', type: 'utc', domain: [0, 1e9], range: [0, 9] }],
      axes: [{ scale: 'x', orient: 'bottom', tickCount: 20 }, { scale: 't', orient: 'top', tickCount: 'day' }] };
    expect((await problemOf(spec)).problem).toBeUndefined();
  });
});
