import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Kernel } from '@jupyterlab/services';
import type { Widget } from '@lumino/widgets';
import { notebookRegistry } from '../mime/notebook-registry';
import { openComm } from './kernel-comm';
import type { NotebookContent } from './notebook-outputs';
import { reveal } from './notebook-outputs';
import { sidebarPlugin } from './sidebar-plugin';
import { DocumentSaver } from './document-saver';

/** The part of a notebook panel that is used here, without a dependency on its package. */
interface NotebookPanel extends Widget {
  readonly content: NotebookContent;
  sessionContext?: { session?: { kernel?: Kernel.IKernelConnection | null } | null };
}

/** Connects the renderers in each notebook with its kernel and its saves. */
const outputsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'wandb-nb:outputs',
  description: 'Keeps saved outputs of wandb_nb current, and connects to kernels whose files the server cannot read.',
  autoStart: true,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, settings: ISettingRegistry | null) => {
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew(panel: Widget, context: DocumentRegistry.Context): void {
        const saver = new DocumentSaver(context);
        const notebook = {
          mayWrite: () => !context.model.collaborative && !context.model.readOnly,
          saveOnce: async () => {
            if (notebook.mayWrite() && (await hasAutosave(settings))) await saver.save();
          },
          reveal: (ids: string[]) => reveal((panel as NotebookPanel).content, ids),
          comm: async (access: { id: string }) => {
            const kernel = (panel as NotebookPanel).sessionContext?.session?.kernel;
            return kernel ? openComm(kernel, access.id) : null;
          },
        };
        notebookRegistry.add(panel.node, notebook);
        panel.disposed.connect(() => notebookRegistry.remove(panel.node));
        context.saveState.connect((_, state) => {
          if (state === 'started') notebookRegistry.writeBack(notebook); // before the text of the file is created
        });
      },
    });
  },
};

/** Whether Jupyter saves documents automatically. */
async function hasAutosave(settings: ISettingRegistry | null): Promise<boolean> {
  const documents = await settings?.load('@jupyterlab/docmanager-extension:plugin');
  return documents?.get('autosave').composite === true;
}

export default [outputsPlugin, sidebarPlugin];
