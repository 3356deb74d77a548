import { describe, expect, it } from 'vitest';
import { specOfPage, specOfPlot } from '../src/vega/spec-source';
import type { PlotHeader } from '../src/wire/messages';

const table = { columns: ['step', 'loss'], rows: [[0, 3], [1, 2]] };
const plot = (vega: string): PlotHeader => ({ key: 'c', spec: 'own-spec', table: 'c_table', fields: { x: 'step', y: 'loss' }, texts: { title: 'The "loss"' }, vega });
const lite = { data: { name: 'wandb' }, mark: 'line', title: '${string:title}', encoding: { x: { field: '${field:x}', type: 'quantitative' }, y: { field: '${field:y}' } } };

describe('the spec of a chart', () => {
  it('gets rows, columns and texts; quotes in texts stay in them', () => {
    const spec = specOfPlot(plot(JSON.stringify(lite)), [{ label: 'run', table }])!;
    expect(spec.title).toBe('The "loss"');
    expect(spec.encoding).toEqual({ x: { field: 'step', type: 'quantitative' }, y: { field: 'loss' } });
    expect(spec.data).toEqual({ name: 'wandb', values: [{ name: 'run', step: 0, loss: 3 }, { name: 'run', step: 1, loss: 2 }] });
  });

  it('of Vega gets its rows, too; what is not JSON is none', () => {
    const spec = specOfPlot(plot(JSON.stringify({ data: [{ name: 'wandb' }, { name: 'other' }], marks: [] })), [{ label: 'a', table }, { label: 'b', table }])!;
    expect((spec.data as { values?: unknown[] }[]).map(({ values }) => values?.length)).toEqual([4, undefined]);
    expect([specOfPlot(plot('{'), []), specOfPlot(plot('[1]'), [])]).toEqual([null, null]);
  });

  it('keeps the name of a text that it lacks, also one that every object has', () => {
    const spec = specOfPlot(plot(JSON.stringify({ ...lite, title: '${string:constructor} ${field:__proto__}' })), [])!;
    expect(spec.title).toBe('constructor __proto__');
  });

  it('is found in a page of Altair, and in no other', () => {
    const page = (spec: string): string => `<script src="https://example.com/vega"></script><div id="vis"></div><script>(function(vegaEmbed) { var spec = ${spec}; vegaEmbed("#vis", spec); })(vegaEmbed);</script>`;
    expect(specOfPage(page('{"a": {"b": "} \\" {"}, "mark": "bar"}'))).toEqual({ a: { b: '} " {' }, mark: 'bar' });
    expect([specOfPage(page('{"a": alert(1)}')), specOfPage(page('{')), specOfPage('<p>spec = {}</p>')]).toEqual([null, null, null]);
  });
});
