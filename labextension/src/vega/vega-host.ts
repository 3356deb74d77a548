import type { VegaModule } from './vega-chunk';

/** How the page loads the chunk with Vega; null where it has none, such as in a widget of one file. */
let loader: (() => Promise<VegaModule>) | null = null;
let module: Promise<VegaModule> | null = null;

/** Set how the page loads Vega, when a chart needs it. */
export function provideVega(load: () => Promise<VegaModule>): void {
  loader = load;
}

export function hasVega(): boolean {
  return loader !== null;
}

/** The module with Vega, loaded once. Rejects where the page has none. */
export function loadVega(): Promise<VegaModule> {
  if (loader === null) return Promise.reject(new Error('This page has no Vega.'));
  module ??= loader().catch((error: unknown) => {
    module = null; // the next chart tries again
    throw error;
  });
  return module;
}
