import { Widget } from '@lumino/widgets';
import { Feed } from '../sources/feed';
import { HttpTransport } from '../sources/http-transport';
import { mountComparison } from '../view/comparison-view';
import type { MountedComparison } from '../view/comparison-view';
import type { MountedView } from '../view/run-view';
import { mountRun } from '../view/run-view';
import type { RunRow, RunsApi } from './runs-api';
import { codeTab } from './tabs/code-tab';
import { consoleTab } from './tabs/console-tab';
import { filesTab } from './tabs/files-tab';
import { systemTab } from './tabs/system-tab';
import { runsIcon } from './tokens';

/** A widget of the main area that shows a view. */
abstract class ViewWidget extends Widget {
  protected abstract readonly mounted: MountedView;

  constructor(id: string, label: string) {
    super();
    this.id = id;
    this.addClass('wnb-main');
    this.title.label = label;
    this.title.icon = runsIcon;
    this.title.closable = true;
    this.node.tabIndex = -1;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.mounted.destroy();
    super.dispose();
  }

  protected override onActivateRequest(): void {
    this.node.focus();
  }
}

/** A run with all its details. */
export class RunWidget extends ViewWidget {
  protected readonly mounted: MountedView;

  constructor(readonly run: RunRow, api: RunsApi) {
    super(`wandb-nb-run-${run.key}`, run.name);
    this.title.caption = [run.name, run.id, run.project, run.folder].filter(Boolean).join('\n');
    const feed = feedOf(run);
    this.mounted = mountRun(this.node, feed, (redraw) =>
      [systemTab, consoleTab, codeTab, filesTab].map((tab) => tab(api, run, { ended: () => feed.data.done, redraw })));
  }
}

/** Several runs in the same charts. */
export class OverlayWidget extends ViewWidget {
  protected readonly mounted: MountedComparison;
  private readonly feeds = new Map<string, Feed>();

  constructor() {
    super('wandb-nb-overlay', 'Overlaid runs');
    this.mounted = mountComparison(this.node, []);
  }

  /** Replace the runs; a run that stays keeps its colour. */
  showRuns(runs: RunRow[]): void {
    const keys = new Set(runs.map((run) => run.key));
    for (const key of this.feeds.keys()) if (!keys.has(key)) this.feeds.delete(key);
    for (const run of runs) if (!this.feeds.has(run.key)) this.feeds.set(run.key, feedOf(run));
    this.title.caption = runs.map((run) => run.name).join('\n');
    this.mounted.show([...this.feeds.values()]);
  }
}

/** The feed of a listed run, with the token from the list. */
function feedOf({ id, token, kernel }: RunRow): Feed {
  return new Feed([async () => new HttpTransport({ id, token, kernel })]);
}
