import type { ChartGroup } from '../../model/chart-groups';
import { formatNumber } from '../../model/format';
import type { OverlaidRun } from '../../model/overlay';
import type { TextSeries } from '../../wire/messages';
import { h, setText } from '../dom';
import type { Card } from './card';
import type { ChartContext } from './view-state';

/** The last texts of one metric of one run, newest first. */
export class TextCard implements Card {
  readonly element: HTMLElement;
  visible = false;
  private readonly position = h('span', { class: 'wnb-where' });
  private readonly table = h('div', { class: 'wnb-points wnb-texts', tabindex: 0, role: 'region' });
  private drawnTexts: TextSeries | null = null;

  constructor(private readonly context: ChartContext, readonly group: ChartGroup) {
    this.table.setAttribute('aria-label', `Texts of ${group.title}`);
    this.element = h('article', { class: 'wnb-card', 'aria-label': `Texts ${group.title}` },
      h('div', { class: 'wnb-card-head' }, h('h4', { class: 'wnb-card-title', title: group.title }, group.title), this.position), this.table);
  }

  update(): void {
    const { run } = this;
    const texts = run?.data.texts.find(({ key }) => key === this.group.keys[0]) ?? null;
    this.table.style.height = `${this.context.state.heightPx}px`;
    this.table.hidden = run?.hidden ?? true;
    if (!this.visible || texts === null || texts === this.drawnTexts) return;
    this.drawnTexts = texts;
    setText(this.position, texts.n > texts.rows.length ? `last ${texts.rows.length} of ${formatNumber(texts.n)}` : '');
    this.table.replaceChildren(h('table', {},
      h('caption', { class: 'wnb-hidden' }, `The last texts of ${this.group.title}, newest first`),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'step'), h('th', { scope: 'col' }, 'text'))),
      h('tbody', {}, ...texts.rows.toReversed().map(({ step, text, cut }) =>
        h('tr', {}, h('th', { scope: 'row' }, formatNumber(step)), h('td', {}, cut ? `${text} …` : text))))));
  }

  focus(): void {
    this.table.focus();
  }

  toggleTable(): void {
    // It is a table.
  }

  toggleLog(): void {
    // Texts have no scale.
  }

  enlarge(): void {
    // Texts are not enlarged: the table scrolls.
  }

  destroy(): void {
    this.element.remove();
  }

  private get run(): OverlaidRun | undefined {
    return this.context.overlay.primaryRuns.find(({ data }) => data.run?.id === this.group.run);
  }
}
