import type { ChartGroup, Section } from '../../model/chart-groups';
import { selectedCharts } from '../../model/selected-charts';
import type { Card } from './card';
import { ChartCard } from './chart-card';
import { EnlargedChart } from './enlarged-chart';
import { freshId, h, setText } from '../dom';
import { HeatmapCard } from './heatmap-card';
import { MediaCard } from '../../media/media-card';
import { PlotCard } from '../../plots/plot-card';
import { isTableGroup, TableCard } from '../../tables/table-card';
import { isVegaPlot, VegaCard } from '../../vega/vega-card';
import { TextCard } from './text-card';
import type { ChartContext } from './view-state';

const PAGE_SIZE = 24;
const MIN_CARD_WIDTH_PX = 300;
const MAX_COLUMNS = 4;
const GAP_PX = 10;

interface SectionState {
  open: boolean;
  /** How many of its charts are there. */
  limit: number;
}

/** All charts in their sections. Sections beyond the first two dozen charts start closed, long ones are paged. */
export class ChartGrid {
  readonly element = h('div', { class: 'wnb-grid-all' });
  private readonly cards = new Map<string, Card>();
  private enlarged: EnlargedChart | null = null;
  private readonly sections = new Map<string, SectionState>();
  private readonly observer: IntersectionObserver;
  private readonly resized: ResizeObserver;
  private layout = '';
  /** The number of charts in the longest section, as far as they are there. */
  private longest = 0;
  total = 0;

  constructor(private readonly context: ChartContext) {
    this.observer = new IntersectionObserver((entries) => this.visibilityChanged(entries), { rootMargin: '120px' });
    this.resized = new ResizeObserver(() => this.fit());
    this.resized.observe(this.element);
  }

  /** Rebuild the sections if metrics or choices changed, and draw the visible charts. */
  update(): void {
    const { overlay, state } = this.context;
    const sections = selectedCharts(overlay.cards(), state.selectedKeys);
    this.total = sections.reduce((sum, one) => sum + one.charts.length, 0);
    const matches = matching(sections, state.filter);
    this.openFirst(matches);
    const layout = JSON.stringify([matches, [...this.sections]]);
    if (layout !== this.layout) this.rebuild(matches);
    this.layout = layout;
    this.fit();
  }

  destroy(): void {
    this.observer.disconnect();
    this.resized.disconnect();
    for (const card of this.cards.values()) card.destroy();
    this.enlarged?.destroy();
  }

  /** The card that contains an element, or the first one. */
  cardOf(element: Element): Card | undefined {
    const cards = [...this.cards.values()];
    return cards.find((card) => card.element.contains(element)) ?? cards[0];
  }

  /** Fit the number of columns to the width and the charts, and draw. */
  private fit(): void {
    this.element.style.setProperty('--wnb-columns', String(columnCount(this.element.clientWidth, this.longest)));
    for (const card of this.cards.values()) card.update();
    this.enlarged?.update();
  }

  private enlarge(chart: ChartGroup): void {
    const host = this.element.closest<HTMLElement>('.wnb') ?? this.element;
    this.enlarged = new EnlargedChart(host, this.createCard(chart, null), () => (this.enlarged = null));
    this.enlarged.update();
  }

  private visibilityChanged(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) {
      const card = [...this.cards.values()].find((one) => one.element === entry.target);
      if (card === undefined) continue;
      card.visible = entry.isIntersecting;
      card.update();
    }
  }

  /** Decide for each new section whether it starts open. */
  private openFirst(sections: Section[]): void {
    let charts = 0;
    for (const { prefix, charts: own } of sections) {
      if (!this.sections.has(prefix)) this.sections.set(prefix, { open: charts < PAGE_SIZE && !(isNumbered(prefix) && sections.length > 1), limit: PAGE_SIZE });
      charts += own.length;
    }
  }

  private rebuild(sections: Section[]): void {
    const used = new Set<string>();
    const children = sections.map((section) => this.section(section, used));
    this.longest = Math.max(0, ...children.map((section) => section.querySelectorAll('.wnb-card').length));
    for (const [id, card] of this.cards) {
      if (used.has(id)) continue;
      this.observer.unobserve(card.element);
      card.destroy();
      this.cards.delete(id);
    }
    const { filter } = this.context.state;
    const empty = h('p', { class: 'wnb-quiet' }, filter === '' ? 'The selected metrics have no values yet.' : 'No metrics match this search.');
    this.element.replaceChildren(...(children.length > 0 ? children : [empty]));
  }

  private section({ prefix, charts }: Section, used: Set<string>): HTMLElement {
    const state = this.sections.get(prefix)!;
    const id = freshId();
    const searching = this.context.state.filter !== '';
    const visible = state.open || searching ? charts.slice(0, state.limit) : [];
    const cards = visible.map((chart) => this.card(prefix, chart, used).element);
    const name = prefix === '' ? 'Overview' : prefix;
    const title = h('button', {
      class: 'wnb-section-title', type: 'button', 'aria-expanded': String(state.open || searching), 'aria-controls': id,
      onclick: () => this.change(state, { open: !state.open }),
    }, h('span', {}, name), h('span', { class: 'wnb-count' }, String(charts.length)));
    const remaining = charts.length - visible.length;
    const more = h('button', {
      class: 'wnb-more', type: 'button', onclick: () => this.change(state, { limit: state.limit + PAGE_SIZE }),
    }, `Show ${Math.min(PAGE_SIZE, remaining)} more of ${remaining}`);
    return h('div', { class: 'wnb-section', role: 'group', 'aria-label': `Charts ${name}` },
      h('h3', {}, title),
      h('div', { class: 'wnb-grid', id }, ...cards),
      visible.length > 0 && remaining > 0 && more);
  }

  private card(prefix: string, chart: ChartGroup, used: Set<string>): Card {
    const id = JSON.stringify([prefix, chart]);
    used.add(id);
    const existing = this.cards.get(id);
    if (existing) return existing;
    const card = this.createCard(chart, () => this.enlarge(chart));
    this.cards.set(id, card);
    this.observer.observe(card.element);
    return card;
  }

  private createCard(chart: ChartGroup, onEnlarge: (() => void) | null): Card {
    if (chart.kind === 'heatmap') return new HeatmapCard(this.context, chart, onEnlarge);
    if (chart.kind === 'texts') return new TextCard(this.context, chart);
    if (chart.kind === 'media') return isTableGroup(this.context.overlay, chart) ? new TableCard(this.context, chart, onEnlarge) : new MediaCard(this.context, chart);
    if (chart.kind === 'plot') return isVegaPlot(this.context.overlay, chart) ? new VegaCard(this.context, chart, onEnlarge) : new PlotCard(this.context, chart, onEnlarge);
    return new ChartCard(this.context, chart, onEnlarge);
  }

  private change(state: SectionState, to: Partial<SectionState>): void {
    Object.assign(state, to);
    this.update();
  }
}

/**
 * The columns that fit into a width, but not more than there are charts, which would leave room empty. A chart alone is as
 * wide as one of two: it is not stretched, and stays where it is when the second arrives.
 */
export function columnCount(widthPx: number, charts: number): number {
  const fitting = Math.floor((widthPx + GAP_PX) / (MIN_CARD_WIDTH_PX + GAP_PX));
  return Math.max(1, Math.min(MAX_COLUMNS, fitting, Math.max(2, charts)));
}

/** The search box for charts; visible if there are many. */
export function filterBox(context: ChartContext): { element: HTMLElement; update(total: number): void } {
  const count = h('span', { class: 'wnb-hidden', role: 'status' });
  const input = h('input', {
    type: 'search', class: 'wnb-filter', placeholder: 'Find a metric', 'aria-label': 'Find a metric',
    oninput: () => {
      context.state.filter = input.value;
      context.redraw();
    },
  });
  const element = h('span', { hidden: true }, input, count);
  return {
    element,
    update(total) {
      element.hidden = total <= PAGE_SIZE / 2 && context.state.filter === '';
      setText(count, context.state.filter === '' ? '' : `${total} charts in total`);
    },
  };
}

/** Whether a section collects numbered names, such as layers: those start closed beside other sections. */
function isNumbered(prefix: string): boolean {
  return prefix.endsWith('*');
}

function matching(sections: Section[], filter: string): Section[] {
  const query = filter.trim().toLowerCase();
  if (query === '') return sections;
  return sections
    .map(({ prefix, charts }) => ({ prefix, charts: charts.filter((one) => one.keys.some((key) => key.toLowerCase().includes(query))) }))
    .filter((section) => section.charts.length > 0);
}
