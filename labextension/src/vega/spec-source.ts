import { ownValue } from '../model/own-value';
import type { Json, PlotHeader } from '../wire/messages';
import type { TableData } from '../tables/table-data';

const MAX_ROWS = 50_000;
const DATA_NAME = 'wandb';

/** The Vega spec in a page that Altair made; null for any other page. */
export function specOfPage(html: string): Record<string, unknown> | null {
  if (!html.includes('vegaEmbed')) return null;
  const start = /\bspec\s*=\s*(?=\{)/.exec(html);
  const text = start ? balanced(html, start.index + start[0].length) : null;
  try {
    const spec = text === null ? null : (JSON.parse(text) as unknown);
    return typeof spec === 'object' && spec !== null ? (spec as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** The text of a JSON object from its brace to the matching one; null without one. */
function balanced(text: string, start: number): string | null {
  let depth = 0;
  for (const match of text.slice(start).matchAll(/"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (match[0] === '{') depth += 1;
    else if (match[0] === '}' && --depth === 0) return text.slice(start, start + match.index + 1);
  }
  return null;
}

/**
 * The spec of a chart with the rows of tables as its data "wandb", and `${field:x}` and `${string:title}` in it replaced as
 * W&B does. Each row has the name of its run. Null if the spec is not JSON.
 */
export function specOfPlot({ vega, fields, texts }: PlotHeader, sources: readonly { label: string; table: TableData }[]): Record<string, unknown> | null {
  try {
    const spec = JSON.parse(vega ?? '') as Json;
    const values = sources.flatMap(({ label, table }) => table.rows.map((row) => toObject(table.columns, row, label))).slice(0, MAX_ROWS);
    const filled = fill(spec, (text) => text.replace(/\$\{(field|string):([^}]*)\}/g, (_, kind: string, name: string) => ownValue(kind === 'field' ? fields : texts, name) ?? name), values);
    return typeof filled === 'object' && filled !== null && !Array.isArray(filled) ? filled : null;
  } catch {
    return null;
  }
}

function toObject(columns: readonly string[], row: readonly Json[], label: string): Json {
  return { name: label, ...Object.fromEntries(columns.map((name, i) => [name, row[i] ?? null])) };
}

function fill(value: Json, text: (value: string) => string, values: Json[]): Json {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((one) => fill(one, text, values));
  if (typeof value !== 'object' || value === null) return value;
  const filled = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, text, values)]));
  return filled.name === DATA_NAME && !('type' in filled && 'marks' in filled) ? { ...filled, values } : filled;
}
