import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { fromSnapshot } from '../wire/decode';
import { MIME_TYPE } from '../wire/messages';

class RunRenderer extends Widget implements IRenderMime.IRenderer {
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { run } = fromSnapshot(model.data[MIME_TYPE]).header;
    this.node.textContent = `${run.name} · ${run.state} · ${run.rows} rows`;
  }
}

const extension: IRenderMime.IExtension = {
  id: 'wandb-nb:mime',
  description: 'Draws wandb_nb runs',
  rendererFactory: { safe: true, mimeTypes: [MIME_TYPE], createRenderer: () => new RunRenderer() },
  rank: -100,
  dataType: 'json',
};

export default extension;
