import { freshId, h, setText } from '../view/dom';
import type { RunRow } from './api';
import type { Catalogue } from './catalogue';
import { gridKeys } from './gridkeys';
import type { Query, RunGroup } from './listing';
import { arrange } from './listing';
import type { RowActions } from './row';
import { RowView } from './row';

const PAGE = 100;

/** The runs that fit, as a grid of rows; a hundred at first, more as the reader scrolls or asks. */
export class RunList {
  readonly element = h('div', { class: 'wnb-list', role: 'grid', 'aria-label': 'Runs', 'aria-multiselectable': 'true' });
  readonly more = h('button', { type: 'button', class: 'wnb-more', hidden: true, onclick: () => this.showMore() });
  readonly selected = new Set<string>();
  private readonly views = new Map<string, RowView>();
  private readonly closed = new Set<string>();
  private readonly inSight = new Set<string>();
  private readonly sight: IntersectionObserver;
  private readonly keys = gridKeys(this.element);
  private most = PAGE;
  private layout = '';
  private query: Query = { text: '', state: '', groupBy: 'none' };

  constructor(private readonly catalogue: Catalogue, private readonly actions: RowActions, private readonly changed: () => void) {
    this.sight = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: '80px' });
    this.sight.observe(this.more);
  }

  /** The keys of the runs on the screen. */
  seen(): string[] {
    return [...this.inSight];
  }

  /** Draw the runs that fit; returns how many there are. */
  update(query: Query): number {
    if (JSON.stringify(query) !== JSON.stringify(this.query)) this.most = PAGE;
    this.query = query;
    for (const key of this.selected) if (!this.catalogue.rows.has(key)) this.selected.delete(key);
    const groups = arrange(this.catalogue.rows.values(), this.catalogue.looks, query);
    const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
    this.lay(groups);
    const now = Date.now() / 1000;
    for (const [key, view] of this.views) {
      const row = this.catalogue.rows.get(key);
      if (row) view.update(row, this.catalogue.looks.get(key), this.selected.has(key), now);
    }
    this.keys.settle();
    return total;
  }

  destroy(): void {
    this.sight.disconnect();
  }

  private lay(groups: RunGroup[]): void {
    let left = this.most;
    const shown = groups.map((group) => {
      const open = !this.closed.has(group.name);
      const rows = open ? group.rows.slice(0, Math.max(0, left)) : [];
      left -= rows.length;
      return { name: group.name, open, count: group.rows.length, rows };
    });
    const hidden = shown.reduce((sum, group) => sum + (group.open ? group.count - group.rows.length : 0), 0);
    this.more.hidden = hidden === 0;
    setText(this.more, `Show more of ${hidden}`);
    const layout = JSON.stringify(shown.map((group) => [group.name, group.open, group.count, group.rows.map((row) => row.key)]));
    if (layout === this.layout) return;
    this.layout = layout;
    this.fill(shown.map((group) => this.group(group)));
  }

  private fill(children: HTMLElement[]): void {
    const focused = document.activeElement as HTMLElement | null;
    const held = focused !== null && this.element.contains(focused);
    this.element.replaceChildren(...children);
    if (held && focused.isConnected) focused.focus(); // moving an element takes its focus away
    for (const [key, view] of this.views) {
      if (view.element.isConnected) continue;
      this.sight.unobserve(view.element);
      this.views.delete(key);
      this.inSight.delete(key);
    }
  }

  private group(group: { name: string; open: boolean; count: number; rows: RunRow[] }): HTMLElement {
    const rows = group.rows.map((row) => this.view(row).element);
    if (group.name === '') return h('div', { role: 'rowgroup' }, ...rows);
    const id = freshId();
    const title = h('button', {
      type: 'button', class: 'wnb-section-title', 'aria-expanded': String(group.open), tabindex: -1, id,
      onclick: () => this.fold(group.name, group.open),
    }, h('span', { class: 'wnb-group-name' }, group.name), h('span', { class: 'wnb-count' }, String(group.count)));
    const head = h('div', { role: 'row', class: 'wnb-group' }, h('div', { role: 'gridcell' }, title));
    return h('div', { role: 'rowgroup', 'aria-labelledby': id }, head, ...rows);
  }

  private view(row: RunRow): RowView {
    const held = this.views.get(row.key);
    if (held) return held;
    const view = new RowView(row, {
      ...this.actions,
      select: (one, selected) => {
        if (selected) this.selected.add(one.key);
        else this.selected.delete(one.key);
        this.actions.select(one, selected);
      },
    });
    this.views.set(row.key, view);
    this.sight.observe(view.element);
    return view;
  }

  private fold(name: string, open: boolean): void {
    if (open) this.closed.add(name);
    else this.closed.delete(name);
    this.changed();
  }

  private showMore(): void {
    this.most += PAGE;
    this.changed();
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (target === this.more && isIntersecting) this.showMore();
      const key = (target as HTMLElement).dataset.key;
      if (key === undefined) continue;
      if (isIntersecting) this.inSight.add(key);
      else this.inSight.delete(key);
    }
  }
}
