/** Traces that are drawn on maps, which come from servers. */
const MAP_TRACE = /^(?:scatter(?:geo|map|mapbox)|choropleth(?:map|mapbox)?|density(?:map|mapbox))$/;
const MAP_LAYOUT = /^(?:geo|map|mapbox)\d*$/;
const INLINE_PICTURE = /^data:image\//;
/** Styles in the texts of a figure may name addresses. */
const STYLE = /style(?=\s*=)/gi;

/** A figure of Plotly without what its renderer would load from servers: maps, pictures by address, and styles in texts. */
export function offlineFigure(figure: unknown): Record<string, unknown> {
  const { data, layout, frames } = (figure ?? {}) as Record<string, unknown>;
  const traces = Array.isArray(data) ? (data as { type?: unknown }[]).filter((trace) => !MAP_TRACE.test(String(trace?.type))) : [];
  return withoutAddresses({ data: traces, layout: layout ?? {}, ...(Array.isArray(frames) ? { frames } : {}) }) as Record<string, unknown>;
}

function withoutAddresses(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(STYLE, 'style-');
  if (Array.isArray(value)) return value.map(withoutAddresses);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([name, inner]) => !MAP_LAYOUT.test(name) && !(name === 'source' && typeof inner === 'string' && !INLINE_PICTURE.test(inner)));
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutAddresses(inner)]));
}
