import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { COMPARISON_MIME_TYPE, MIME_TYPE } from '../wire/messages';
import { ComparisonRenderer } from './comparison';
import { RunRenderer } from './renderer';

// Only what the view makes itself enters the page, all texts as texts: untrusted notebooks are drawn, too. The rank puts
// us before a widget's view in the same output: ours needs no kernel.
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
];

export default extensions;
