import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Kernel } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';
import { notebooks } from '../mime/notebooks';
import { openComm } from './comm';
import { sidebar } from './runs';
import { Saver } from './saving';

/** What we use of a notebook panel; its package would only be needed for this name. */
interface NotebookPanel extends Widget {
  sessionContext?: { session?: { kernel?: Kernel.IKernelConnection | null } | null };
}

/** Tell the renderers of each notebook about its kernel and its saves. */
const outputs: JupyterFrontEndPlugin<void> = {
  id: 'wandb-nb:outputs',
  description: 'Keeps saved outputs of wandb_nb current, and reaches kernels whose files the server does not see.',
  autoStart: true,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, settings: ISettingRegistry | null) => {
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew(panel: Widget, context: DocumentRegistry.Context): void {
        const saver = new Saver(context);
        const home = {
          mayWrite: () => !context.model.collaborative && !context.model.readOnly,
          keep: async () => {
            if (home.mayWrite() && (await savesByItself(settings))) await saver.save();
          },
          comm: async (access: { id: string }) => {
            const kernel = (panel as NotebookPanel).sessionContext?.session?.kernel;
            return kernel ? openComm(kernel, access.id) : null;
          },
        };
        notebooks.add(panel.node, home);
        panel.disposed.connect(() => notebooks.remove(panel.node));
        context.saveState.connect((_, state) => {
          if (state === 'started') notebooks.writeBack(home); // still before the file's text is made
        });
      },
    });
  },
};

/** Whether the user lets Jupyter save documents without being asked. */
async function savesByItself(settings: ISettingRegistry | null): Promise<boolean> {
  const documents = await settings?.load('@jupyterlab/docmanager-extension:plugin');
  return documents?.get('autosave').composite === true;
}

export default [outputs, sidebar];
