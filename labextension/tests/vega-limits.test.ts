import type { Spec } from 'vega';
import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { limitFormats } from '../src/vega/format-limits';
import { limitPatterns, searchSteps } from '../src/vega/pattern-limits';
import { limitTransforms } from '../src/vega/run-limits';

beforeAll(() => {
  limitTransforms();
  limitPatterns();
  limitFormats();
});

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

const ATTACK = `pad('', 100, 'a') + '!'`; // a text on which the patterns below search for ages
const searching = (expression: string): object => ({ signals: [{ name: 'found', update: expression }] });
const of = (...transform: object[]): object => ({ data: [{ name: 'a', values: Array.from({ length: 2000 }, (_, i) => ({ i, list: [1, 2] })), transform }] });

describe('a chart that would freeze the page', () => {
  it.each([
    ['a sequence', { data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 1e9 }] }] }, 'sequence'],
    ['a sequence up to a signal', { signals: [{ name: 'end', init: '1e9' }], data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: { signal: 'end' } }] }] }, 'sequence'],
    ['a sequence without end', { data: [{ name: 'a', transform: [{ type: 'sequence', start: 0, stop: 9, step: 0 }] }] }, 'sequence'],
    ['a list in an expression', { signals: [{ name: 'list', update: 'sequence(1e9)' }] }, 'sequence'],
    ['a text in an expression', { signals: [{ name: 'text', update: "pad('a', 1e9)" }] }, 'pad'],
    ['a number in an expression', { signals: [{ name: 'text', update: "format(1, '1000000000d')" }] }, 'wider than 999'],
    ['a number whose format is put together', { signals: [{ name: 'text', init: "format(1, '1' + '000000000' + ',.2f')" }] }, 'wider than 999'],
    ['numbers of an axis', { scales: [{ name: 'x', domain: [0, 1], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', format: '1000000000.2f' }] }, 'wider than 999'],
    ['numbers of an axis of logarithms', { scales: [{ name: 'x', type: 'log', domain: [1, 9], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', format: '1000000000s' }] }, 'wider than 999'],
    ['numbers of a legend', { scales: [{ name: 'x', type: 'linear', domain: [0, 1], range: ['red', 'blue'] }], legends: [{ fill: 'x', format: '1000000000.2f' }] }, 'wider than 999'],
    ['numbers in the locale of a spec', { config: { locale: { number: { decimal: ',', thousands: '.', grouping: [3], currency: ['', ''] } } }, signals: [{ name: 'text', update: "format(1, '1000000000d')" }] }, 'wider than 999'],
    ['pairs', of({ type: 'cross' }), 'cross'],
    ['a density', of({ type: 'kde', field: 'i', steps: 1e9 }), 'kde'],
    ['a simulation', { marks: [{ type: 'symbol', from: { data: 'a' }, transform: [{ type: 'force', static: true, iterations: 1e9, forces: [{ force: 'nbody' }] }] }], ...of() }, 'force'],
    ['ticks', { scales: [{ name: 'x', domain: [0, 1], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', tickCount: 1e9 }] }, 'more than 2,000'],
    ['bins', { scales: [{ name: 'x', domain: [0, 1], range: [0, 9], bins: { step: 1e-9 } }] }, 'more than 2,000'],
    ['moments', { scales: [{ name: 'x', type: 'utc', domain: [0, 1e12], range: [0, 9] }], axes: [{ scale: 'x', orient: 'bottom', tickCount: 'second' }] }, 'more than 2,000'],
    ['a nested quantifier', searching(`test(/^(a+)+$/, ${ATTACK})`), '/^(a+)+$/ may search too long'],
    ['a pattern in a text', searching(`test('(a|a)*b', ${ATTACK})`), 'may search too long'],
    ['a pattern that is put together', searching(`test(regexp('(a' + '*)*b', 'i'), ${ATTACK})`), 'may search too long'],
    ['optional parts', searching(`replace(${ATTACK}, /${'a?'.repeat(30)}${'a'.repeat(30)}b/, 'x')`), 'may search too long'],
    ['many quantifiers', searching(`split(${ATTACK}, /${'a*'.repeat(9)}b/)`), 'may search too long'],
    ['counted repetitions', searching(`test(/((a{0,90}){0,90}){0,90}b/, ${ATTACK})`), 'may search too long'],
    ['a backreference', searching(`test(/^(.*)\\1{20}b$/, ${ATTACK})`), 'may search too long'],
    ['a lookahead', searching(`test(/^(?=(a+)+$)b/, ${ATTACK})`), 'may search too long'],
    ['counted words', { data: [{ name: 'a', values: [{ w: `${'a'.repeat(99)}!` }], transform: [{ type: 'countpattern', field: 'w', pattern: '(a+)+$' }] }] }, 'countpattern'],
  ])('by %s is refused before', async (_, spec, reason) => {
    const { problem, ms } = await problemOf(spec);
    expect(problem).toContain(reason);
    expect(ms).toBeLessThan(6000);
  });

  it('by many searches stops after three seconds', async () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    const { problem } = await problemOf(searching(Array.from({ length: 9 }, () => `test(/a/, 'b')`).join(' + ')));
    clock.mockRestore();
    expect(problem).toContain('search for more than 3 seconds');
  });

  it('is told from one that is only large', async () => {
    const spec = { ...of({ type: 'flatten', fields: ['list'] }, { type: 'bin', field: 'i', extent: [0, 2000] }, { type: 'kde', field: 'i' }),
      signals: [{ name: 'list', update: 'sequence(1, 100)' }, { name: 'text', update: "format(1e6, '020,.3f')" }], scales: [{ name: 'x', domain: [0, 1], range: [0, 9] }, { name: 't', type: 'utc', domain: [0, 1e9], range: [0, 9] }],
      axes: [{ scale: 'x', orient: 'bottom', tickCount: 20 }, { scale: 't', orient: 'top', tickCount: 'day' }] };
    expect((await problemOf(spec)).problem).toBeUndefined();
  });
});

describe('the steps of a pattern', () => {
  const steps = (pattern: RegExp, length = 100): number => searchSteps(pattern.source, pattern.flags, length);

  it('are few for what charts search for', () => {
    const usual = [/^\d{4}-\d\d-\d\d$/, /cat|dog/i, /[^a-z\]]+/g, /(?:train|val)_(.+)/, /\s*,\s*/, /^(?<name>\w+)[-_]v?(\d+)?$/u, /\p{Lu}\u{61}/u, /a{2,5}?/, /.*foo.*/, /[|)(]/];
    expect(usual.filter((pattern) => !(steps(pattern) <= 20_000_000)).map(String)).toEqual([]);
  });

  it('are at least those that the engine takes, which grow as the bound does', () => {
    const timed = (pattern: RegExp, length: number): number => {
      const [start, text] = [performance.now(), 'a'.repeat(length)];
      pattern.test(text);
      return performance.now() - start;
    };
    for (const [pattern, length] of [[/a*b/, 4000], [/a*a*b/, 250], [/(?:a|a)(?:a|a)(?:a|a){1,14}b/, 40], [/(?:aa?){12}b/, 200]] as [RegExp, number][]) {
      expect(timed(pattern, length)).toBeLessThan(100 + steps(pattern, length) / 10_000); // far above what a step takes
    }
  });

  it('have no bound with backreferences, looks around, or rules of their own', () => {
    expect([/(a)\1/, /(?<x>a)\k<x>/, /a(?=b)/, /a(?!b)/, /(?<=a)b/, /(?<!a)b/].map((pattern) => steps(pattern))).toEqual(Array(6).fill(Infinity));
  });
});
