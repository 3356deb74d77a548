import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { h, icon, setText } from '../../view/dom';
import { containKeys } from '../../view/keys';
import css from '../../view/style.css';
import { themeOf, watchTheme } from '../../view/theme';
import type { RunCatalogue } from '../run-catalogue';
import { RunList } from './run-list';
import type { GroupBy, RunQuery } from './run-query';
import type { RunRowActions } from './run-row';
import sidebarCss from './sidebar.css';
import { FrameTask } from '../../view/frame-task';

const REFRESH_ICON = 'M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3';
const STATES = ['running', 'finished', 'failed', 'interrupted', 'killed', 'crashed', 'replaced'];
const ABOUT = 'This list has the runs of this user on the machine of the Jupyter server, and the runs in its folders. It has no runs '
  + 'of kernels on other machines or of other users; the outputs in their notebooks show those.';

/** The actions that the application provides. */
export interface SidebarActions extends Omit<RunRowActions, 'select'> {
  overlay(keys: string[]): void;
}

/** The list of runs in the sidebar. */
export class Sidebar extends Widget {
  private readonly list: RunList;
  private readonly search: HTMLInputElement;
  private readonly groupBySelect: HTMLSelectElement;
  private readonly stateSelect: HTMLSelectElement;
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly selectionCount = h('span', {});
  private readonly selectionBar: HTMLElement;
  private readonly disposers: (() => void)[];
  private readonly redraw = new FrameTask(() => this.draw());

  constructor(private readonly catalogue: RunCatalogue, private readonly actions: SidebarActions) {
    super();
    this.id = 'wandb-nb-runs';
    this.addClass('wnb');
    this.addClass('wnb-side');
    this.list = new RunList(catalogue, { ...actions, select: () => this.changed() }, () => this.changed());
    this.search = h('input', { type: 'search', class: 'wnb-filter', placeholder: 'Find a run', 'aria-label': 'Find a run', oninput: () => this.changed() });
    this.groupBySelect = this.createSelect('Group by', [['none', 'No groups'], ['project', 'By project'], ['notebook', 'By notebook']]);
    this.stateSelect = this.createSelect('State', [['', 'All states'], ...STATES.map((state): [string, string] => [state, state])]);
    this.selectionBar = this.createSelectionBar();
    this.node.append(h('style', {}, css, sidebarCss),
      h('header', { class: 'wnb-side-head' }, h('div', { class: 'wnb-side-line' }, this.search, this.createRefreshButton()), h('div', { class: 'wnb-side-line' }, this.groupBySelect, this.stateSelect), this.selectionBar),
      h('div', { class: 'wnb-side-list' }, this.note, this.list.element, this.list.more, h('details', { class: 'wnb-side-what' }, h('summary', {}, 'About this list'), h('p', {}, ABOUT))));
    this.disposers = [catalogue.listen(() => this.changed()), containKeys(this.node), watchTheme(() => this.changed())];
  }

  /** The keys of the selected runs. */
  get selected(): string[] {
    return [...this.list.selected];
  }

  set groupBy(by: GroupBy) {
    this.groupBySelect.value = by;
    this.changed();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.redraw.destroy();
    for (const dispose of this.disposers) dispose();
    this.list.destroy();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.catalogue.watch(true, () => this.list.visibleKeys());
    this.changed();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.catalogue.watch(false);
  }

  protected override onActivateRequest(): void {
    this.search.focus();
  }

  private changed(): void {
    if (this.isVisible) this.redraw.request();
  }

  private draw(): void {
    this.node.dataset.theme = themeOf(this.node);
    const query: RunQuery = { text: this.search.value, state: this.stateSelect.value, groupBy: this.groupBySelect.value as GroupBy };
    const total = this.list.update(query);
    this.selectionBar.hidden = this.list.selected.size === 0;
    setText(this.selectionCount, `${this.list.selected.size} selected`);
    setText(this.note, this.statusText(total));
    this.node.dataset.runs = String(this.catalogue.rows.size);
  }

  private statusText(total: number): string {
    const { catalogue } = this;
    if (catalogue.problem !== '') return catalogue.problem;
    if (!catalogue.loaded && catalogue.rows.size === 0) return 'Loading runs …';
    if (catalogue.rows.size === 0) return catalogue.searching ? 'Searching folders for runs …' : 'No runs yet. Call wandb_nb.init() to start one.';
    const count = total < catalogue.rows.size ? `${total} of ${catalogue.rows.size} runs` : `${total} ${total === 1 ? 'run' : 'runs'}`;
    return [total === 0 ? 'No runs match your search.' : count, catalogue.searching ? 'searching folders …' : '', catalogue.complete ? '' : 'some folders were not searched'].filter(Boolean).join(' · ');
  }

  private createSelect(label: string, options: [string, string][]): HTMLSelectElement {
    return h('select', { 'aria-label': label, onchange: () => this.changed() }, ...options.map(([value, text]) => h('option', { value }, text)));
  }

  private createRefreshButton(): HTMLElement {
    return h('button', {
      type: 'button', class: 'wnb-tool', 'aria-label': 'Refresh and rescan folders', title: 'Refresh and rescan folders',
      onclick: () => this.catalogue.refresh(),
    }, icon(REFRESH_ICON));
  }

  private createSelectionBar(): HTMLElement {
    const button = (text: string, action: () => void): HTMLElement => h('button', { type: 'button', class: 'wnb-toggle', onclick: action }, text);
    return h('div', { class: 'wnb-side-line', hidden: true, role: 'group', 'aria-label': 'Selected runs' }, this.selectionCount,
      button('Overlay', () => this.actions.overlay(this.selected)),
      button('Clear', () => (this.list.selected.clear(), this.changed())));
  }
}
