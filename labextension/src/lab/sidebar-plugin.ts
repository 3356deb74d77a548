import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { RunRow } from './runs-api';
import { RunsApi } from './runs-api';
import { RunCatalogue } from './run-catalogue';
import { RunCommands } from './commands';
import type { GroupBy } from './sidebar/run-query';
import { Sidebar } from './sidebar/sidebar';
import { StatusItem } from './status-item';
import { COMMAND_CATEGORY, CommandIds, runsIcon } from './tokens';

const PLUGIN_ID = 'wandb-nb:sidebar';

/** The list of runs in the sidebar, runs in the main area, commands, and the active run in the status bar. */
export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Lists, opens and overlays the runs of wandb_nb.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, IStatusBar, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd, shell: ILabShell | null, restorer: ILayoutRestorer | null, palette: ICommandPalette | null, bar: IStatusBar | null, registry: ISettingRegistry | null,
  ) => {
    const api = new RunsApi();
    const catalogue = new RunCatalogue(api);
    const runCommands = new RunCommands(app, shell, api, catalogue);
    const sidebar = new Sidebar(catalogue, {
      open: (run) => runCommands.open(run), openNotebook: (run) => void runCommands.openNotebook(run), delete: (run) => void runCommands.delete(run), overlay: (keys) => runCommands.overlay(keys),
    });
    sidebar.title.icon = runsIcon;
    sidebar.title.caption = 'Runs';
    app.shell.add(sidebar, 'left', { rank: 650, type: 'Runs' });
    restorer?.add(sidebar, sidebar.id);
    addCommands(app, catalogue, runCommands, sidebar, palette);
    if (restorer) void restorer.restore(runCommands.tracker, { command: CommandIds.open, args: (widget) => ({ key: widget.content.run.key }), name: (widget) => widget.content.run.key });
    const status = bar ? addStatusItem(bar, catalogue, runCommands) : null;
    void applySettings(registry, catalogue, sidebar, status);
    void app.restored.then(() => catalogue.watch(sidebar.isVisible));
  },
};

function addCommands(app: JupyterFrontEnd, catalogue: RunCatalogue, runCommands: RunCommands, sidebar: Sidebar, palette: ICommandPalette | null): void {
  const { commands } = app;
  const runOf = (args: { key?: unknown }): RunRow | undefined => catalogue.rows.get(String(args.key ?? ''));
  commands.addCommand(CommandIds.show, { label: 'Show runs', icon: runsIcon, execute: () => app.shell.activateById(sidebar.id) });
  commands.addCommand(CommandIds.refresh, { label: 'Refresh the list of runs', execute: () => catalogue.refresh() });
  commands.addCommand(CommandIds.open, {
    label: (args) => (args.key === undefined ? 'Open the newest run' : 'Open a run'),
    icon: runsIcon,
    execute: async (args) => {
      await firstLoad(catalogue);
      const run = args.key === undefined ? newest(catalogue) : runOf(args);
      if (run) runCommands.open(run);
    },
  });
  commands.addCommand(CommandIds.overlay, {
    label: 'Overlay the selected runs', isEnabled: (args) => Array.isArray(args.keys) || sidebar.selected.length > 0,
    execute: (args) => runCommands.overlay(Array.isArray(args.keys) ? args.keys.map(String) : sidebar.selected),
  });
  const addRunCommand = (id: string, label: string, action: (run: RunRow) => Promise<void>): void => {
    const selectedRun = (args: { key?: unknown }): RunRow | undefined => runOf(args) ?? (sidebar.selected.length === 1 ? runOf({ key: sidebar.selected[0] }) : undefined);
    commands.addCommand(id, { label, isEnabled: (args) => selectedRun(args) !== undefined, execute: async (args) => {
      const run = selectedRun(args);
      if (run) await action(run);
    } });
  };
  addRunCommand(CommandIds.notebook, 'Open the notebook of the selected run', (run) => runCommands.openNotebook(run));
  addRunCommand(CommandIds.delete, 'Delete the selected run …', (run) => runCommands.delete(run));
  for (const command of Object.values(CommandIds)) palette?.addItem({ command, category: COMMAND_CATEGORY });
}

function addStatusItem(bar: IStatusBar, catalogue: RunCatalogue, runCommands: RunCommands): { enabled: boolean } {
  const item = new StatusItem(catalogue, (run) => runCommands.open(run));
  const setting = { enabled: true };
  bar.registerStatusItem('wandb-nb:live', { item, align: 'middle', rank: 20, isActive: () => setting.enabled && item.hasRun, activeStateChanged: item.changed });
  return setting;
}

async function applySettings(registry: ISettingRegistry | null, catalogue: RunCatalogue, sidebar: Sidebar, status: { enabled: boolean } | null): Promise<void> {
  const settings = await registry?.load(PLUGIN_ID).catch(() => null); // without our schema on the server the defaults apply
  if (!settings) return;
  const apply = (): void => {
    sidebar.groupBy = settings.get('groupBy').composite as GroupBy;
    catalogue.refreshMs = 1000 * Number(settings.get('refreshSeconds').composite);
    const enabled = settings.get('statusBar').composite === true;
    if (status) status.enabled = enabled;
    catalogue.background = enabled && status !== null;
    catalogue.watch(sidebar.isVisible);
  };
  apply();
  settings.changed.connect(apply);
}

/** Wait for the first response of the server. */
function firstLoad(catalogue: RunCatalogue): Promise<void> {
  if (catalogue.loaded) return Promise.resolve();
  return new Promise((done) => {
    const stopListening = catalogue.listen(() => {
      stopListening();
      done();
    });
    catalogue.watch(false);
  });
}

function newest(catalogue: RunCatalogue): RunRow | undefined {
  return [...catalogue.rows.values()].reduce<RunRow | undefined>((a, b) => (a && a.created >= b.created ? a : b), undefined);
}
