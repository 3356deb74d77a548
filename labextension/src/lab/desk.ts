import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, MainAreaWidget, showDialog, showErrorMessage, WidgetTracker } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import type { RunRow, RunsApi } from './api';
import type { Catalogue } from './catalogue';
import { OverlayPanel, RunPanel } from './panels';

/** What is done with runs: opened, overlaid, deleted, followed to their notebooks. */
export class Desk {
  /** The open runs, for the layout to come back after a reload. */
  readonly tracker = new WidgetTracker<MainAreaWidget<RunPanel>>({ namespace: 'wandb-nb-runs' });
  private overlaid: MainAreaWidget<OverlayPanel> | null = null;

  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly shell: ILabShell | null,
    private readonly api: RunsApi,
    private readonly catalogue: Catalogue,
  ) {}

  open(run: RunRow): void {
    const held = this.tracker.find((widget) => widget.content.run.key === run.key);
    if (held) return this.app.shell.activateById(held.id);
    if (this.shell === null) return this.inDialog(run.name, new RunPanel(run, this.api));
    const widget = new MainAreaWidget({ content: new RunPanel(run, this.api) });
    widget.id = `wandb-nb-main-${run.key}`;
    void this.tracker.add(widget);
    this.app.shell.add(widget, 'main');
    this.app.shell.activateById(widget.id);
  }

  overlay(keys: string[]): void {
    const runs = keys.map((key) => this.catalogue.rows.get(key)).filter((run) => run !== undefined);
    if (this.shell === null) {
      const panel = new OverlayPanel();
      panel.showRuns(runs);
      return this.inDialog('Overlaid runs', panel);
    }
    if (this.overlaid === null || this.overlaid.isDisposed) {
      this.overlaid = new MainAreaWidget({ content: new OverlayPanel() });
      this.overlaid.id = 'wandb-nb-main-overlay';
      this.app.shell.add(this.overlaid, 'main');
    }
    this.overlaid.content.showRuns(runs);
    this.app.shell.activateById(this.overlaid.id);
  }

  async notebook(run: RunRow): Promise<void> {
    if (run.notebook === null) return;
    await this.app.commands.execute('docmanager:open', { path: run.notebook }).catch((error: unknown) => showErrorMessage('The notebook cannot be opened', String(error)));
  }

  async remove(run: RunRow): Promise<void> {
    const { button } = await showDialog({
      title: 'Delete this run?',
      body: `${run.name} (${run.id})${run.project ? ` of project ${run.project}` : ''} and all its files are deleted from this machine. `
        + 'What a server has of it stays there.',
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Delete' })],
      defaultButton: 0,
    });
    if (!button.accept) return;
    try {
      await this.api.delete(run);
      this.tracker.find((widget) => widget.content.run.key === run.key)?.close();
    } catch (error) {
      await showErrorMessage('The run was not deleted', (error as Error).message);
    }
    this.catalogue.refresh();
  }

  /** Where the shell has one main area for one document, as in Notebook 7, a run opens over it. */
  private inDialog(title: string, body: Widget): void {
    body.addClass('wnb-dialog');
    void showDialog({ title, body, buttons: [Dialog.okButton({ label: 'Close' })] }).finally(() => body.dispose());
  }
}
