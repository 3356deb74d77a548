import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { MIME_TYPE } from '../wire/messages';
import { RunRenderer } from './renderer';

const extension: IRenderMime.IExtension = {
  id: 'wandb-nb:mime',
  description: 'Draws runs of wandb_nb in notebook outputs.',
  // Only what the view makes itself enters the page, all texts as texts: untrusted notebooks are drawn, too.
  rendererFactory: { safe: true, mimeTypes: [MIME_TYPE], createRenderer: () => new RunRenderer() },
  rank: -100, // before a widget's view in the same output: ours needs no kernel
  dataType: 'json',
};

export default extension;
