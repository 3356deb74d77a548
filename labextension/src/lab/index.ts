import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { figurePlugin } from './figure-plugin';
import { notebookRegistry } from '../mime/notebook-registry';
import type { DisplayUpdate } from './display-updates';
import { applyUpdate, displayedBy } from './display-updates';
import { openComm, requestOutputs } from './kernel-comm';
import type { NotebookContent } from './notebook-outputs';
import { locate, reveal } from './notebook-outputs';
import { sidebarPlugin } from './sidebar-plugin';
import { DocumentSaver } from './document-saver';

/** The part of a notebook panel that is used here, without a dependency on its package. */
interface NotebookPanel extends Widget {
  readonly content: NotebookContent;
  readonly sessionContext: {
    readonly session?: { kernel?: Kernel.IKernelConnection | null } | null;
    readonly ready: Promise<void>;
    readonly iopubMessage: ISignal<unknown, KernelMessage.IMessage>;
  };
}

/** The part of a notebook's model that is used here. */
interface NotebookModel { readonly cells?: { readonly changed: ISignal<unknown, unknown> } }

/** Connects the renderers in each notebook with its kernel and its saves. */
const outputsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'wandb-nb:outputs',
  description: 'Keeps saved outputs of wandb_nb current, and connects to kernels whose files the server cannot read.',
  autoStart: true,
  optional: [ISettingRegistry],
  activate: (app: JupyterFrontEnd, settings: ISettingRegistry | null) => {
    app.docRegistry.addWidgetExtension('Notebook', {
      createNew(widget: Widget, context: DocumentRegistry.Context): void {
        const panel = widget as NotebookPanel;
        const saver = new DocumentSaver(context);
        const notebook = {
          mayWrite: () => !context.model.collaborative && !context.model.readOnly,
          saveOnce: async () => {
            if (notebook.mayWrite() && (await hasAutosave(settings))) await saver.save();
          },
          reveal: (ids: string[]) => reveal(panel.content, ids),
          locate: (ids: string[], element: HTMLElement) => locate(panel.content, ids, element),
          watchCells: (listener: () => void) => {
            const changed = (context.model as NotebookModel).cells?.changed;
            changed?.connect(listener);
            return () => void changed?.disconnect(listener);
          },
          comm: async (access: { id: string }) => {
            const kernel = panel.sessionContext.session?.kernel;
            return kernel ? openComm(kernel, access.id) : null;
          },
        };
        notebookRegistry.add(panel.node, notebook);
        panel.disposed.connect(() => notebookRegistry.remove(panel.node));
        void followUpdates(panel, context, notebook.mayWrite);
        context.saveState.connect((_, state) => {
          if (state === 'started') notebookRegistry.writeBack(notebook); // before the text of the file is created
        });
      },
    });
  },
};

/** Keep outputs of the kernel current that were displayed before this page was loaded. */
async function followUpdates(panel: NotebookPanel, context: DocumentRegistry.Context, mayWrite: () => boolean): Promise<void> {
  panel.sessionContext.iopubMessage.connect((_, { header, content }) => {
    if (header.msg_type === 'update_display_data' && mayWrite()) applyUpdate(panel.content, content as DisplayUpdate);
  });
  await Promise.all([context.ready, panel.sessionContext.ready]);
  const kernel = panel.sessionContext.session?.kernel;
  const outputs = kernel ? displayedBy(panel.content, kernel.id) : [];
  if (kernel && outputs.length > 0 && mayWrite()) await requestOutputs(kernel, outputs);
}

/** Whether Jupyter saves documents automatically. */
async function hasAutosave(settings: ISettingRegistry | null): Promise<boolean> {
  const documents = await settings?.load('@jupyterlab/docmanager-extension:plugin');
  return documents?.get('autosave').composite === true;
}

export default [outputsPlugin, sidebarPlugin, figurePlugin];
