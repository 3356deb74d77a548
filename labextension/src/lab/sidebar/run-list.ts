import { freshId, h, setText } from '../../view/dom';
import type { RunRow } from '../runs-api';
import type { RunCatalogue } from '../run-catalogue';
import { gridKeys } from './grid-keys';
import type { RunQuery, RunGroup } from './run-query';
import { groupRuns, uniqueNames } from './run-query';
import type { RunRowActions } from './run-row';
import { RunRowView } from './run-row';

const PAGE_SIZE = 100;

/** The matching runs as a grid of rows; a hundred at first, more on scrolling or by the button. */
export class RunList {
  readonly element = h('div', { class: 'wnb-list', role: 'grid', 'aria-label': 'Runs', 'aria-multiselectable': 'true' });
  readonly more = h('button', { type: 'button', class: 'wnb-more', hidden: true, onclick: () => this.showMore() });
  readonly selected = new Set<string>();
  private readonly views = new Map<string, RunRowView>();
  private readonly closedGroups = new Set<string>();
  private readonly visible = new Set<string>();
  private readonly observer: IntersectionObserver;
  private readonly keys = gridKeys(this.element);
  private limit = PAGE_SIZE;
  private layout = '';
  private query: RunQuery = { text: '', state: '', groupBy: 'none' };

  constructor(private readonly catalogue: RunCatalogue, private readonly actions: RunRowActions, private readonly changed: () => void) {
    this.observer = new IntersectionObserver((entries) => this.visibilityChanged(entries), { rootMargin: '80px' });
    this.observer.observe(this.more);
  }

  /** The keys of the visible runs. */
  visibleKeys(): string[] {
    return [...this.visible];
  }

  /** Show the matching runs; returns their number. */
  update(query: RunQuery): number {
    if (JSON.stringify(query) !== JSON.stringify(this.query)) this.limit = PAGE_SIZE;
    this.query = query;
    for (const key of this.selected) if (!this.catalogue.rows.has(key)) this.selected.delete(key);
    const groups = groupRuns(this.catalogue.rows.values(), this.catalogue.previews, query);
    const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
    this.layOut(groups);
    const now = Date.now() / 1000;
    const isUnique = uniqueNames(this.catalogue.rows.values());
    for (const [key, view] of this.views) {
      const row = this.catalogue.rows.get(key);
      if (row) view.update(row, isUnique(row), this.catalogue.previews.get(key), this.selected.has(key), now);
    }
    this.keys.ensureTabStop();
    return total;
  }

  destroy(): void {
    this.observer.disconnect();
  }

  private layOut(groups: RunGroup[]): void {
    let remaining = this.limit;
    const layouts = groups.map((group) => {
      const open = !this.closedGroups.has(group.name);
      const rows = open ? group.rows.slice(0, Math.max(0, remaining)) : [];
      remaining -= rows.length;
      return { name: group.name, open, count: group.rows.length, rows };
    });
    const hidden = layouts.reduce((sum, group) => sum + (group.open ? group.count - group.rows.length : 0), 0);
    this.more.hidden = hidden === 0;
    setText(this.more, `Show more (${hidden})`);
    const layout = JSON.stringify(layouts.map((group) => [group.name, group.open, group.count, group.rows.map((row) => row.key)]));
    if (layout === this.layout) return;
    this.layout = layout;
    this.fill(layouts.map((group) => this.createGroup(group)));
  }

  private fill(children: HTMLElement[]): void {
    const focused = document.activeElement as HTMLElement | null;
    const hadFocus = focused !== null && this.element.contains(focused);
    this.element.replaceChildren(...children);
    if (hadFocus && focused.isConnected) focused.focus(); // moving an element removes its focus
    for (const [key, view] of this.views) {
      if (view.element.isConnected) continue;
      this.observer.unobserve(view.element);
      this.views.delete(key);
      this.visible.delete(key);
    }
  }

  private createGroup(group: { name: string; open: boolean; count: number; rows: RunRow[] }): HTMLElement {
    const rows = group.rows.map((row) => this.viewOf(row).element);
    if (group.name === '') return h('div', { role: 'rowgroup' }, ...rows);
    const id = freshId();
    const title = h('button', {
      type: 'button', class: 'wnb-section-title', 'aria-expanded': String(group.open), tabindex: -1, id,
      onclick: () => this.toggleGroup(group.name, group.open),
    }, h('span', { class: 'wnb-group-name' }, group.name), h('span', { class: 'wnb-count' }, String(group.count)));
    const head = h('div', { role: 'row', class: 'wnb-group' }, h('div', { role: 'gridcell' }, title));
    return h('div', { role: 'rowgroup', 'aria-labelledby': id }, head, ...rows);
  }

  private viewOf(row: RunRow): RunRowView {
    const existing = this.views.get(row.key);
    if (existing) return existing;
    const view = new RunRowView(row, {
      ...this.actions,
      select: (one, selected) => {
        if (selected) this.selected.add(one.key);
        else this.selected.delete(one.key);
        this.actions.select(one, selected);
      },
    });
    this.views.set(row.key, view);
    this.observer.observe(view.element);
    return view;
  }

  private toggleGroup(name: string, open: boolean): void {
    if (open) this.closedGroups.add(name);
    else this.closedGroups.delete(name);
    this.changed();
  }

  private showMore(): void {
    this.limit += PAGE_SIZE;
    this.changed();
  }

  private visibilityChanged(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (target === this.more && isIntersecting) this.showMore();
      const key = (target as HTMLElement).dataset.key;
      if (key === undefined) continue;
      if (isIntersecting) this.visible.add(key);
      else this.visible.delete(key);
    }
  }
}
