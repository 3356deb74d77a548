import { h } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { GridLayout } from './grid-layout';
import { boxOf, itemByKey, itemsBetween, layOut, rowAt } from './grid-layout';
import type { MediaItem } from './media-item';
import { formOf } from './media-kinds';
import { FrameTask } from '../view/frame-task';

/** Up to so many pictures share the height of their card. */
const MAX_LARGE = 4;
const SIGHT_MARGIN = '200px';
const MIN_OVERSCAN_PX = 200;

/** Where the items of a grid come from. */
export interface GridSource {
  create(file: MediaFile, index: number): MediaItem;
  /** Items after those that are here are in sight. */
  loadMore(): void;
}

/** One place of the grid; it is empty until its file is known. */
interface Slot {
  element: HTMLElement;
  item: MediaItem | null;
}

/** Whether a value is shown large: one item, or a few pictures. */
export function isLargeValue(files: readonly MediaFile[], count: number): boolean {
  return count === 1 || (count <= MAX_LARGE && files.every((file) => formOf(file) === 'picture'));
}

/**
 * A list of media in rows, of which only those in and near sight are elements. One item is a tab stop, which arrows, Page
 * keys, Home and End move. Large ones share the height of the grid instead, and are all elements.
 */
export class MediaGrid {
  readonly element: HTMLElement;
  private readonly list = h('div', { class: 'wnb-media-list', role: 'list' });
  private readonly slots = new Map<number, Slot>();
  private readonly sight: IntersectionObserver;
  private readonly resized: ResizeObserver;
  private files: readonly MediaFile[] = [];
  private count = 0;
  private isLarge = false;
  /** Null where all items are elements. */
  private layout: GridLayout | null = null;
  private active = 0;
  private readonly redraw = new FrameTask(() => this.draw());

  constructor(private readonly source: GridSource) {
    this.element = h('div', { class: 'wnb-media', tabindex: 0, role: 'group' }, this.list);
    this.sight = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: SIGHT_MARGIN, scrollMargin: SIGHT_MARGIN });
    this.resized = new ResizeObserver(() => this.arrange());
    this.resized.observe(this.element);
    this.element.addEventListener('scroll', () => this.redraw.request(), { passive: true });
    this.element.addEventListener('focusin', (event) => this.follow(event.target as Element));
  }

  /**
   * Show these files, and empty places up to `count`, of which `isLarge` ones share the height of the grid. An item that
   * has the same form stays, so that pictures do not flicker.
   */
  show(files: readonly MediaFile[], count: number, isLarge: boolean): void {
    const hadFocus = this.list.contains(document.activeElement);
    Object.assign(this, { files, count, isLarge });
    for (const index of this.slots.keys()) if (index >= count) this.remove(index);
    this.activate(Math.min(this.active, count - 1));
    this.arrange();
    for (const [index, slot] of this.slots) this.fill(index, slot);
    if (hadFocus && !this.list.contains(document.activeElement)) this.focusActive();
  }

  focus(): void {
    this.element.focus();
  }

  /** Draw all items again, for another theme. */
  restyle(): void {
    for (const { item } of this.slots.values()) item?.restyle();
  }

  /** Move through the items by a key on one of them, or on the grid itself. */
  handleKey(event: KeyboardEvent): void {
    const target = event.target as Element;
    if (target !== this.element && !target.matches('.wnb-media-slot, .wnb-media-picture')) return;
    const layout = this.layout ?? { columns: this.count, columnPx: 0, tops: [0, 0] };
    const to = itemByKey(event, layout, this.active, this.count, this.element.clientHeight);
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.activate(to);
    this.scrollTo(to);
    this.draw();
    this.focusActive();
  }

  destroy(): void {
    this.redraw.destroy();
    this.sight.disconnect();
    this.resized.disconnect();
    for (const index of this.slots.keys()) this.remove(index);
  }

  /** Lay the items out for the width of the grid. The one with the focus, else the first in sight, stays there. */
  private arrange(): void {
    const { element, files, count, isLarge } = this;
    const old = this.layout;
    element.dataset.count = !isLarge ? 'many' : count === 1 ? 'one' : 'few';
    this.layout = isLarge ? null : layOut(files, count, this.list.clientWidth);
    this.list.style.height = this.layout ? `${this.layout.tops.at(-1)!}px` : '';
    if (old !== null && this.layout !== null) this.keepInSight(old, this.layout);
    for (const [index, slot] of this.slots) this.place(index, slot);
    this.draw();
  }

  private keepInSight(old: GridLayout, layout: GridLayout): void {
    const { scrollTop, clientHeight } = this.element;
    const activeTop = boxOf(old, this.active).top - scrollTop;
    const isFocused = this.list.contains(document.activeElement) && activeTop > -old.columnPx && activeTop < clientHeight;
    const first = isFocused ? this.active : rowAt(old, scrollTop) * old.columns;
    if (first >= this.count) return;
    const top = boxOf(layout, first).top + scrollTop - boxOf(old, first).top;
    if (scrollTop > 0 && Math.abs(top - scrollTop) >= 1) this.element.scrollTop = top;
    if (isFocused) this.scrollTo(this.active);
  }

  /** Make elements of the items in and near sight, and of the tab stop. */
  private draw(): void {
    const { first, end } = this.itemsInSight();
    for (const index of this.slots.keys()) if ((index < first || index >= end) && index !== this.active) this.remove(index);
    for (let index = first; index < end; index++) this.add(index);
    if (this.count > 0) this.add(this.active);
    if (end > this.files.length) this.source.loadMore();
  }

  private itemsInSight(): { first: number; end: number } {
    if (this.layout === null) return { first: 0, end: this.count };
    const { scrollTop, clientHeight } = this.element;
    const overscan = Math.max(MIN_OVERSCAN_PX, clientHeight);
    return itemsBetween(this.layout, scrollTop - overscan, scrollTop + clientHeight + overscan, this.count);
  }

  private add(index: number): void {
    if (this.slots.has(index)) return;
    const slot: Slot = { element: h('div', { class: 'wnb-media-slot', role: 'listitem', tabindex: -1, 'data-index': index, 'aria-posinset': index + 1 }), item: null };
    const next = Math.min(...[...this.slots.keys()].filter((other) => other > index));
    this.list.insertBefore(slot.element, this.slots.get(next)?.element ?? null);
    this.slots.set(index, slot);
    this.place(index, slot);
    this.fill(index, slot);
  }

  private place(index: number, { element }: Slot): void {
    element.setAttribute('aria-setsize', String(this.count));
    const box = this.layout && boxOf(this.layout, index);
    for (const side of ['left', 'top', 'width', 'height'] as const) element.style[side] = box ? `${box[side]}px` : '';
  }

  private fill(index: number, slot: Slot): void {
    const file = this.files[index];
    if (file === undefined) return this.empty(slot);
    if (slot.item?.form === formOf(file)) return slot.item.show(file);
    const hadFocus = slot.element.contains(document.activeElement);
    this.empty(slot);
    slot.item = this.source.create(file, index);
    slot.item.show(file);
    slot.element.append(slot.item.element);
    this.sight.observe(slot.item.element);
    this.setTabStop(index, slot);
    if (hadFocus) this.focusActive();
  }

  private empty(slot: Slot): void {
    if (slot.item === null) return;
    this.sight.unobserve(slot.item.element);
    slot.item.destroy();
    slot.item = null;
  }

  private remove(index: number): void {
    const slot = this.slots.get(index)!;
    this.empty(slot);
    slot.element.remove();
    this.slots.delete(index);
  }

  /** Make an item the tab stop, without the focus. */
  private activate(index: number): void {
    const old = this.active;
    this.active = Math.max(0, index);
    for (const one of [old, this.active]) {
      const slot = this.slots.get(one);
      if (slot) this.setTabStop(one, slot);
    }
  }

  /** Of the pictures one is a tab stop; other media have controls of their own. */
  private setTabStop(index: number, { item }: Slot): void {
    if (item?.control) item.control.tabIndex = index === this.active ? 0 : -1;
  }

  private focusActive(): void {
    const slot = this.slots.get(this.active);
    if (slot?.item) slot.item.visible = true; // its control is in the page then
    (slot?.item?.control ?? slot?.element)?.focus({ preventScroll: true });
  }

  /** The tab stop follows the focus, also that of a mouse. */
  private follow(target: Element): void {
    const index = target.closest<HTMLElement>('.wnb-media-slot')?.dataset.index;
    if (index !== undefined) this.activate(Number(index));
  }

  /** Scroll an item into sight. */
  private scrollTo(index: number): void {
    if (this.layout === null) return;
    const { top, height } = boxOf(this.layout, index);
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + height > scrollTop + clientHeight) this.element.scrollTop = top + height - clientHeight;
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const index = Number(target.parentElement?.dataset.index);
      const item = this.slots.get(index)?.item;
      if (item?.element === target) item.visible = isIntersecting;
    }
  }
}
