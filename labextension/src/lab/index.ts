import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'wandb-nb:plugin',
  description: 'Keeps saved wandb_nb outputs current',
  autoStart: true,
  activate: (_app: JupyterFrontEnd) => undefined,
};

export default plugin;
