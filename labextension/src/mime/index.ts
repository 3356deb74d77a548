import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { provideVega } from '../vega/vega-host';
import { COMPARISON_MIME_TYPE, LINK_MIME_TYPE, MIME_TYPE } from '../wire/messages';
import { ComparisonRenderer } from './comparison-renderer';
import { LinkRenderer } from './link-renderer';
import { RunRenderer } from './run-renderer';

provideVega(() => import('../vega/vega-chunk'));

// Safe for untrusted notebooks: the view creates all elements itself, and all text stays text. The rank puts these
// renderers before a widget view in the same output, since they need no kernel.
const extensions: IRenderMime.IExtension[] = [
  {
    id: 'wandb-nb:mime',
    description: 'Draws runs of wandb_nb in notebook outputs.',
    rendererFactory: { safe: true, mimeTypes: [MIME_TYPE], createRenderer: () => new RunRenderer() },
    rank: -100,
    dataType: 'json',
  },
  {
    id: 'wandb-nb:comparison',
    description: 'Draws comparisons of wandb_nb runs in notebook outputs.',
    rendererFactory: { safe: true, mimeTypes: [COMPARISON_MIME_TYPE], createRenderer: () => new ComparisonRenderer() },
    rank: -100,
    dataType: 'json',
  },
  {
    id: 'wandb-nb:link',
    description: 'Draws the lines that lead to the charts of wandb_nb runs.',
    rendererFactory: { safe: true, mimeTypes: [LINK_MIME_TYPE], createRenderer: () => new LinkRenderer() },
    rank: -100,
    dataType: 'json',
  },
];

export default extensions;
