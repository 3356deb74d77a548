import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, MainAreaWidget, showDialog, showErrorMessage, WidgetTracker } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import type { NotebookContent } from './notebook-outputs';
import { reveal, revealCell } from './notebook-outputs';
import type { RunCatalogue } from './run-catalogue';
import { OverlayWidget, RunWidget } from './run-widgets';
import type { RunRow, RunsApi } from './runs-api';

/** The part of an opened notebook that is used here, without a dependency on its package. */
interface NotebookPanel {
  readonly content?: NotebookContent;
  readonly context?: { readonly ready: Promise<void> };
  readonly revealed?: Promise<void>;
}

/** Commands on listed runs: open, overlay, delete, open the notebook. */
export class RunCommands {
  /** The open runs, so that the layout can be restored after a reload. */
  readonly tracker = new WidgetTracker<MainAreaWidget<RunWidget>>({ namespace: 'wandb-nb-runs' });
  private overlayWidget: MainAreaWidget<OverlayWidget> | null = null;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly shell: ILabShell | null,
    private readonly api: RunsApi,
    private readonly catalogue: RunCatalogue,
  ) {}

  open(run: RunRow): void {
    const existing = this.tracker.find((widget) => widget.content.run.key === run.key);
    if (existing) return this.app.shell.activateById(existing.id);
    if (this.shell === null) return this.showInDialog(run.name, new RunWidget(run, this.api));
    const widget = new MainAreaWidget({ content: new RunWidget(run, this.api) });
    widget.id = `wandb-nb-main-${run.key}`;
    void this.tracker.add(widget);
    this.app.shell.add(widget, 'main');
    this.app.shell.activateById(widget.id);
  }

  overlay(keys: string[]): void {
    const runs = keys.map((key) => this.catalogue.rows.get(key)).filter((run) => run !== undefined);
    if (this.shell === null) {
      const widget = new OverlayWidget();
      widget.showRuns(runs);
      return this.showInDialog('Overlaid runs', widget);
    }
    if (this.overlayWidget === null || this.overlayWidget.isDisposed) {
      this.overlayWidget = new MainAreaWidget({ content: new OverlayWidget() });
      this.overlayWidget.id = 'wandb-nb-main-overlay';
      this.app.shell.add(this.overlayWidget, 'main');
    }
    this.overlayWidget.content.showRuns(runs);
    this.app.shell.activateById(this.overlayWidget.id);
  }

  /** Open the notebook of the run at the cell that shows it. */
  async openNotebook(run: RunRow): Promise<void> {
    if (run.notebook === null) return;
    try {
      const panel = (await this.app.commands.execute('docmanager:open', { path: run.notebook })) as NotebookPanel | undefined;
      if (panel?.content === undefined) return; // another browser tab, or no notebook
      await panel.context?.ready;
      await panel.revealed;
      if (!reveal(panel.content, [run.id])) revealCell(panel.content, run.cell);
    } catch (error) {
      await showErrorMessage('Cannot open the notebook', String(error));
    }
  }

  async delete(run: RunRow): Promise<void> {
    const { button } = await showDialog({
      title: 'Delete this run?',
      body: `${run.name} (${run.id})${run.project ? ` of project ${run.project}` : ''} and all its files will be deleted from this machine. `
        + 'Copies on a server are not deleted.',
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Delete' })],
      defaultButton: 0,
    });
    if (!button.accept) return;
    try {
      await this.api.delete(run);
      this.tracker.find((widget) => widget.content.run.key === run.key)?.close();
    } catch (error) {
      await showErrorMessage('Cannot delete the run', (error as Error).message);
    }
    this.catalogue.refresh();
  }

  /** A shell with one main area for one document, as in Notebook 7, shows a run in a dialog. */
  private showInDialog(title: string, body: Widget): void {
    body.addClass('wnb-dialog');
    void showDialog({ title, body, buttons: [Dialog.okButton({ label: 'Close' })] }).finally(() => body.dispose());
  }
}
