import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILabShell, ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { RunRow } from './api';
import { RunsApi } from './api';
import { Catalogue } from './catalogue';
import { Desk } from './desk';
import type { GroupBy } from './listing';
import { Sidebar } from './sidebar';
import { LiveStatus } from './status';
import { CATEGORY, Commands, runsIcon } from './tokens';

const ID = 'wandb-nb:sidebar';

/** The list of runs in the sidebar, runs in the main area, commands, and the live run in the status bar. */
export const sidebar: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Lists the runs of wandb_nb, opens and overlays them.',
  autoStart: true,
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, IStatusBar, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd, shell: ILabShell | null, restorer: ILayoutRestorer | null, palette: ICommandPalette | null, bar: IStatusBar | null, registry: ISettingRegistry | null,
  ) => {
    const api = new RunsApi();
    const catalogue = new Catalogue(api);
    const desk = new Desk(app, shell, api, catalogue);
    const list = new Sidebar(catalogue, {
      open: (run) => desk.open(run), notebook: (run) => void desk.notebook(run), delete: (run) => void desk.remove(run), overlay: (keys) => desk.overlay(keys),
    });
    list.title.icon = runsIcon;
    list.title.caption = 'Runs';
    app.shell.add(list, 'left', { rank: 650, type: 'Runs' });
    restorer?.add(list, list.id);
    addCommands(app, catalogue, desk, list, palette);
    if (restorer) void restorer.restore(desk.tracker, { command: Commands.open, args: (widget) => ({ key: widget.content.run.key }), name: (widget) => widget.content.run.key });
    const status = bar ? showStatus(bar, catalogue, desk) : null;
    void followSettings(registry, catalogue, list, status);
    void app.restored.then(() => catalogue.watch(list.isVisible));
  },
};

function addCommands(app: JupyterFrontEnd, catalogue: Catalogue, desk: Desk, list: Sidebar, palette: ICommandPalette | null): void {
  const { commands } = app;
  const chosen = (args: { key?: unknown }): RunRow | undefined => catalogue.rows.get(String(args.key ?? ''));
  commands.addCommand(Commands.show, { label: 'Show the list of runs', icon: runsIcon, execute: () => app.shell.activateById(list.id) });
  commands.addCommand(Commands.refresh, { label: 'Look for runs again', execute: () => catalogue.refresh() });
  commands.addCommand(Commands.open, {
    label: (args) => (args.key === undefined ? 'Open the newest run' : 'Open a run'),
    icon: runsIcon,
    execute: async (args) => {
      await known(catalogue);
      const run = args.key === undefined ? newest(catalogue) : chosen(args);
      if (run) desk.open(run);
    },
  });
  commands.addCommand(Commands.overlay, {
    label: 'Overlay the selected runs', isEnabled: (args) => Array.isArray(args.keys) || list.selected.length > 0,
    execute: (args) => desk.overlay(Array.isArray(args.keys) ? args.keys.map(String) : list.selected),
  });
  const one = (id: string, label: string, act: (run: RunRow) => Promise<void>): void => {
    const only = (args: { key?: unknown }): RunRow | undefined => chosen(args) ?? (list.selected.length === 1 ? chosen({ key: list.selected[0] }) : undefined);
    commands.addCommand(id, { label, isEnabled: (args) => only(args) !== undefined, execute: async (args) => {
      const run = only(args);
      if (run) await act(run);
    } });
  };
  one(Commands.notebook, 'Open the notebook of the selected run', (run) => desk.notebook(run));
  one(Commands.remove, 'Delete the selected run …', (run) => desk.remove(run));
  for (const command of Object.values(Commands)) palette?.addItem({ command, category: CATEGORY });
}

function showStatus(bar: IStatusBar, catalogue: Catalogue, desk: Desk): { shown: boolean } {
  const item = new LiveStatus(catalogue, (run) => desk.open(run));
  const setting = { shown: true };
  bar.registerStatusItem('wandb-nb:live', { item, align: 'middle', rank: 20, isActive: () => setting.shown && item.live, activeStateChanged: item.changed });
  return setting;
}

async function followSettings(registry: ISettingRegistry | null, catalogue: Catalogue, list: Sidebar, status: { shown: boolean } | null): Promise<void> {
  const settings = await registry?.load(ID).catch(() => null); // a server that lacks our schema: the defaults hold
  if (!settings) return;
  const apply = (): void => {
    list.groupBy = settings.get('groupBy').composite as GroupBy;
    catalogue.refreshMs = 1000 * Number(settings.get('refreshSeconds').composite);
    const shown = settings.get('statusBar').composite === true;
    if (status) status.shown = shown;
    catalogue.background = shown && status !== null;
    catalogue.watch(list.isVisible);
  };
  apply();
  settings.changed.connect(apply);
}

/** Wait for the first answer of the server. */
function known(catalogue: Catalogue): Promise<void> {
  if (catalogue.loaded) return Promise.resolve();
  return new Promise((done) => {
    const forget = catalogue.listen(() => {
      forget();
      done();
    });
    catalogue.watch(false);
  });
}

function newest(catalogue: Catalogue): RunRow | undefined {
  return [...catalogue.rows.values()].reduce<RunRow | undefined>((a, b) => (a && a.created >= b.created ? a : b), undefined);
}
