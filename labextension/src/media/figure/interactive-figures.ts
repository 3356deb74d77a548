/** The host's own renderer of Plotly figures; this package has none. */
export interface FigureRenderer {
  isAvailable(): boolean;
  /** Render a figure's JSON into an element of the page; returns what removes it. */
  render(json: unknown, host: HTMLElement): Promise<() => void>;
}

/** Set by the JupyterLab plugin. */
export const interactiveFigures: { renderer: FigureRenderer | null } = { renderer: null };
