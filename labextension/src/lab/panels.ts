import { Widget } from '@lumino/widgets';
import { Feed } from '../sources/feed';
import { HttpTransport } from '../sources/http';
import type { MountedComparison } from '../view/compare';
import { mountComparison } from '../view/compare';
import type { Mounted, MoreTabs } from '../view/view';
import { mountView } from '../view/view';
import type { RunRow, RunsApi } from './api';
import { codeTab } from './tabs/code';
import { consoleTab } from './tabs/console';
import { filesTab } from './tabs/files';
import { systemTab } from './tabs/system';
import { runsIcon } from './tokens';

/** The rows of a listed run, by the token that the list gave. */
export function feedOf({ id, token, kernel }: RunRow): Feed {
  return new Feed([async () => new HttpTransport({ id, token, kernel })]);
}

/** A run with everything that is known of it. */
export class RunPanel extends Widget {
  private readonly feed: Feed;
  private readonly mounted: Mounted;

  constructor(readonly run: RunRow, api: RunsApi) {
    super();
    this.id = `wandb-nb-run-${run.key}`;
    this.addClass('wnb-main');
    this.title.label = run.name;
    this.title.caption = [run.name, run.project, run.folder].filter(Boolean).join('\n');
    this.title.icon = runsIcon;
    this.title.closable = true;
    this.node.tabIndex = -1;
    this.feed = feedOf(run);
    const over = (): boolean => this.feed.data.done;
    const more: MoreTabs = (changed) => [systemTab, consoleTab, codeTab, filesTab].map((tab) => tab(api, run, over, changed));
    this.mounted = mountView(this.node, this.feed, more);
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

/** Several runs over one another. */
export class OverlayPanel extends Widget {
  private readonly feeds = new Map<string, Feed>();
  private readonly mounted: MountedComparison;

  constructor() {
    super();
    this.id = 'wandb-nb-overlay';
    this.addClass('wnb-main');
    this.title.label = 'Overlaid runs';
    this.title.icon = runsIcon;
    this.title.closable = true;
    this.node.tabIndex = -1;
    this.mounted = mountComparison(this.node, []);
  }

  /** Show these runs; those that were shown before keep their colours. */
  showRuns(runs: RunRow[]): void {
    const kept = new Set(runs.map((run) => run.key));
    for (const key of this.feeds.keys()) if (!kept.has(key)) this.feeds.delete(key);
    for (const run of runs) if (!this.feeds.has(run.key)) this.feeds.set(run.key, feedOf(run));
    this.title.caption = runs.map((run) => run.name).join('\n');
    this.mounted.show([...this.feeds.values()]);
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
