import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
import { interactiveFigures } from '../media/figure/interactive-figures';

const PLOTLY = 'application/vnd.plotly.v1+json';

/** Lends the renderer of Plotly figures, if one is installed, to the views of logged figures. */
export const figurePlugin: JupyterFrontEndPlugin<void> = {
  id: 'wandb-nb:figures',
  description: 'Draws logged Plotly figures interactively, where a renderer of Plotly is installed.',
  autoStart: true,
  requires: [IRenderMimeRegistry],
  activate: (_app: JupyterFrontEnd, registry: IRenderMimeRegistry) => {
    interactiveFigures.renderer = {
      isAvailable: () => registry.mimeTypes.includes(PLOTLY),
      async render(json, host) {
        const renderer = registry.createRenderer(PLOTLY);
        Widget.attach(renderer, host);
        await renderer.renderModel(registry.createModel({ data: { [PLOTLY]: json as never } }));
        return () => renderer.dispose();
      },
    };
  },
};
