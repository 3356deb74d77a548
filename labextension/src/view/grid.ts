import type { ChartGroup, Section } from '../model/groups';
import type { CardOwner } from './card';
import { ChartCard } from './card';
import { freshId, h, setText } from './dom';

const PAGE = 24;
const NARROWEST = 290;
const GAP = 10;

interface SectionState {
  open: boolean;
  shown: number;
}

/** All charts in their sections. Sections beyond two dozen charts start closed, long ones come in pages. */
export class Grid {
  readonly element = h('div', { class: 'wnb-grid-all' });
  private readonly cards = new Map<string, ChartCard>();
  private readonly sections = new Map<string, SectionState>();
  private readonly observer: IntersectionObserver;
  private readonly resized: ResizeObserver;
  private layout = '';
  private shown = 0;
  total = 0;

  constructor(private readonly owner: CardOwner) {
    this.observer = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: '120px' });
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.element);
  }

  /** Lay the charts out anew where metrics or choices changed, and draw those in sight. */
  update(): void {
    const { overlay, state } = this.owner;
    const sections = overlay.sections();
    this.total = sections.reduce((sum, one) => sum + one.charts.length, 0);
    const found = matching(sections, state.filter);
    this.openFirst(found);
    const layout = JSON.stringify([found, [...this.sections]]);
    if (layout !== this.layout) this.lay(found);
    this.layout = layout;
    this.fit();
  }

  destroy(): void {
    this.observer.disconnect();
    this.resized.disconnect();
    for (const card of this.cards.values()) card.destroy();
  }

  /** The card that holds an element, or the first one. */
  cardOf(element: Element): ChartCard | undefined {
    const cards = [...this.cards.values()];
    return cards.find((card) => card.element.contains(element)) ?? cards[0];
  }

  /** Give each section as many columns as it has charts, and draw what is in sight in its new width. */
  private fit(): void {
    const columns = Math.max(1, Math.min(Math.floor((this.element.clientWidth + GAP) / (NARROWEST + GAP)), this.shown));
    this.element.style.setProperty('--wnb-columns', String(columns));
    for (const section of this.element.querySelectorAll<HTMLElement>('.wnb-section')) {
      section.style.gridColumn = `span ${Math.min(columns, Number(section.dataset.charts))}`;
    }
    for (const card of this.cards.values()) card.update();
  }

  private sighted(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = [...this.cards.values()].find((one) => one.element === entry.target);
      if (card === undefined) continue;
      card.inSight = entry.isIntersecting;
      card.update();
    }
  }

  /** Decide once for each new section whether it starts open. */
  private openFirst(sections: Section[]): void {
    let charts = 0;
    this.shown = sections.reduce((sum, one) => sum + one.charts.length, 0);
    for (const { prefix, charts: own } of sections) {
      if (!this.sections.has(prefix)) this.sections.set(prefix, { open: charts < PAGE, shown: PAGE });
      charts += own.length;
    }
  }

  private lay(sections: Section[]): void {
    const kept = new Set<string>();
    const titled = sections.length > 1 || (sections[0]?.prefix ?? '') !== '';
    const children = sections.map((section) => this.section(section, titled, kept));
    for (const [id, card] of this.cards) {
      if (kept.has(id)) continue;
      this.observer.unobserve(card.element);
      card.destroy();
      this.cards.delete(id);
    }
    const nothing = h('p', { class: 'wnb-quiet' }, 'No metric has this in its name.');
    this.element.replaceChildren(...(children.length > 0 ? children : [nothing]));
  }

  private section({ prefix, charts }: Section, titled: boolean, kept: Set<string>): HTMLElement {
    const state = this.sections.get(prefix)!;
    const id = freshId();
    const shown = state.open || !titled ? charts.slice(0, state.shown) : [];
    const cards = shown.map((chart) => this.card(prefix, chart, kept).element);
    const name = prefix === '' ? 'Overview' : prefix;
    const title = h('button', {
      class: 'wnb-section-title', type: 'button', 'aria-expanded': String(state.open), 'aria-controls': id,
      onclick: () => this.change(state, { open: !state.open }),
    }, h('span', {}, name), h('span', { class: 'wnb-count' }, String(charts.length)));
    const left = charts.length - shown.length;
    const more = h('button', {
      class: 'wnb-more', type: 'button', onclick: () => this.change(state, { shown: state.shown + PAGE }),
    }, `Show ${Math.min(PAGE, left)} more of ${left}`);
    return h('section', { class: 'wnb-section', 'data-charts': charts.length, 'aria-label': `Charts ${name}` },
      titled && h('h3', {}, title),
      h('div', { class: 'wnb-grid', id }, ...cards),
      shown.length > 0 && left > 0 && more);
  }

  private card(prefix: string, chart: ChartGroup, kept: Set<string>): ChartCard {
    const id = JSON.stringify([prefix, chart]);
    kept.add(id);
    const held = this.cards.get(id);
    if (held) return held;
    const card = new ChartCard(this.owner, chart);
    this.cards.set(id, card);
    this.observer.observe(card.element);
    return card;
  }

  private change(state: SectionState, to: Partial<SectionState>): void {
    Object.assign(state, to);
    this.update();
  }
}

/** The box that picks charts by name; it shows where there are many. */
export function filterBox(owner: CardOwner): { element: HTMLElement; update(total: number): void } {
  const count = h('span', { class: 'wnb-hidden', role: 'status' });
  const input = h('input', {
    type: 'search', class: 'wnb-filter', placeholder: 'Find a metric', 'aria-label': 'Find a metric',
    oninput: () => {
      owner.state.filter = input.value;
      owner.restyle();
    },
  });
  const element = h('span', { hidden: true }, input, count);
  return {
    element,
    update(total) {
      element.hidden = total <= PAGE / 2 && owner.state.filter === '';
      setText(count, owner.state.filter === '' ? '' : `${total} charts in all`);
    },
  };
}

function matching(sections: Section[], filter: string): Section[] {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return sections;
  return sections
    .map(({ prefix, charts }) => ({ prefix, charts: charts.filter((one) => one.keys.some((key) => key.toLowerCase().includes(wanted))) }))
    .filter((section) => section.charts.length > 0);
}
