import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { h, icon, setText } from '../view/dom';
import { shieldKeys } from '../view/keys';
import css from '../view/style.css';
import { themeOf, watchTheme } from '../view/theme';
import type { Catalogue } from './catalogue';
import { RunList } from './list';
import type { GroupBy, Query } from './listing';
import type { RowActions } from './row';
import side from './sidebar.css';

const REFRESH_ICON = 'M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3';
const STATES = ['running', 'finished', 'failed', 'crashed', 'replaced'];
const WHAT = 'Listed are the runs of this user on the machine of the Jupyter server, and those in its folders. Runs of kernels on other '
  + 'machines, and of other users, are not seen from here; the outputs in their notebooks show them.';

/** What the sidebar asks of the application. */
export interface SidebarActions extends Omit<RowActions, 'select'> {
  overlay(keys: string[]): void;
}

/** The list of runs in the sidebar. */
export class Sidebar extends Widget {
  private readonly list: RunList;
  private readonly search: HTMLInputElement;
  private readonly group: HTMLSelectElement;
  private readonly state: HTMLSelectElement;
  private readonly note = h('p', { class: 'wnb-quiet', role: 'status' });
  private readonly chosen = h('span', {});
  private readonly bar: HTMLElement;
  private readonly ends: (() => void)[];
  private frame = 0;

  constructor(private readonly catalogue: Catalogue, private readonly actions: SidebarActions) {
    super();
    this.id = 'wandb-nb-runs';
    this.addClass('wnb');
    this.addClass('wnb-side');
    this.list = new RunList(catalogue, { ...actions, select: () => this.changed() }, () => this.changed());
    this.search = h('input', { type: 'search', class: 'wnb-filter', placeholder: 'Find a run', 'aria-label': 'Find a run', oninput: () => this.changed() });
    this.group = this.choice('Group by', [['none', 'Not grouped'], ['project', 'By project'], ['notebook', 'By notebook']]);
    this.state = this.choice('State', [['', 'All states'], ...STATES.map((state): [string, string] => [state, state])]);
    this.bar = this.selectionBar();
    this.node.append(h('style', {}, css, side),
      h('header', { class: 'wnb-side-head' }, h('div', { class: 'wnb-side-line' }, this.search, this.refreshButton()), h('div', { class: 'wnb-side-line' }, this.group, this.state), this.bar),
      h('div', { class: 'wnb-side-list' }, this.note, this.list.element, this.list.more, h('details', { class: 'wnb-side-what' }, h('summary', {}, 'What is listed here'), h('p', {}, WHAT))));
    this.ends = [catalogue.listen(() => this.changed()), shieldKeys(this.node), watchTheme(() => this.changed())];
  }

  /** The keys of the runs that are chosen for an overlay. */
  get selected(): string[] {
    return [...this.list.selected];
  }

  set groupBy(by: GroupBy) {
    this.group.value = by;
    this.changed();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    cancelAnimationFrame(this.frame);
    for (const end of this.ends) end();
    this.list.destroy();
    super.dispose();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.catalogue.watch(true, () => this.list.seen());
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
    if (this.frame !== 0 || !this.isVisible) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.isDisposed) this.draw();
    });
  }

  private draw(): void {
    this.node.dataset.theme = themeOf(this.node);
    const query: Query = { text: this.search.value, state: this.state.value, groupBy: this.group.value as GroupBy };
    const total = this.list.update(query);
    this.bar.hidden = this.list.selected.size === 0;
    setText(this.chosen, `${this.list.selected.size} selected`);
    setText(this.note, this.words(total));
    this.node.dataset.runs = String(this.catalogue.rows.size);
  }

  private words(total: number): string {
    const { catalogue } = this;
    if (catalogue.problem !== '') return catalogue.problem;
    if (!catalogue.loaded && catalogue.rows.size === 0) return 'Reading the list of runs …';
    if (catalogue.rows.size === 0) return catalogue.searching ? 'Looking for runs …' : 'No runs yet. wandb_nb.init() starts one.';
    const part = total < catalogue.rows.size ? `${total} of ${catalogue.rows.size} runs` : `${total} ${total === 1 ? 'run' : 'runs'}`;
    return [total === 0 ? 'No run fits this.' : part, catalogue.searching ? 'looking into folders …' : '', catalogue.complete ? '' : 'some folders were not searched'].filter(Boolean).join(' · ');
  }

  private choice(label: string, options: [string, string][]): HTMLSelectElement {
    return h('select', { 'aria-label': label, onchange: () => this.changed() }, ...options.map(([value, text]) => h('option', { value }, text)));
  }

  private refreshButton(): HTMLElement {
    return h('button', {
      type: 'button', class: 'wnb-tool', 'aria-label': 'Look again, into the folders too', title: 'Look again, into the folders too',
      onclick: () => this.catalogue.refresh(),
    }, icon(REFRESH_ICON));
  }

  private selectionBar(): HTMLElement {
    const button = (text: string, act: () => void): HTMLElement => h('button', { type: 'button', class: 'wnb-toggle', onclick: act }, text);
    return h('div', { class: 'wnb-side-line', hidden: true, role: 'group', 'aria-label': 'Selected runs' }, this.chosen,
      button('Overlay', () => this.actions.overlay(this.selected)),
      button('Clear', () => (this.list.selected.clear(), this.changed())));
  }
}
