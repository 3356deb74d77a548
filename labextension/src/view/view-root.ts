import type { Theme } from '../chart/palette';
import mediaCss from '../media/media.css';
import tablesCss from '../tables/tables.css';
import { h } from './dom';
import { containKeys } from './keys';
import css from './style.css';
import { themeOf, watchTheme } from './theme';
import { FrameTask } from './frame-task';

/** The root element of a view, with its style, theme, keys and drawing schedule. Errors in a view stay in that view. */
export class ViewRoot {
  readonly element: HTMLElement;
  private readonly disposers: (() => void)[];
  private readonly redraw = new FrameTask(() => this.draw());

  /** `update` draws all changes; `destroyed` is called once, at the end or when drawing failed. */
  constructor(
    private readonly host: HTMLElement,
    children: HTMLElement[],
    private readonly update: (theme: Theme) => void,
    private readonly destroyed: () => void,
  ) {
    this.element = h('section', { class: 'wnb', 'aria-label': 'Run' }, styles(), ...children);
    host.replaceChildren(this.element);
    this.disposers = [containKeys(this.element), watchTheme(() => this.changed())];
  }

  /** Draw before the next frame; many changes are drawn together. */
  changed(): void {
    this.redraw.request();
  }

  /** Call `listener` whenever the view becomes visible or invisible. */
  watchVisibility(listener: (visible: boolean) => void): void {
    const observer = new IntersectionObserver((entries) => listener(entries.at(-1)?.isIntersecting ?? false));
    observer.observe(this.element);
    this.disposers.push(() => observer.disconnect());
  }

  destroy(): void {
    this.redraw.destroy();
    for (const dispose of this.disposers.splice(0)) dispose();
    this.destroyed();
    this.element.remove();
  }

  private draw(): void {
    try {
      const theme = themeOf(this.element);
      this.element.dataset.theme = theme;
      this.update(theme);
    } catch (error) {
      this.destroy();
      showFailure(this.host, error);
    }
  }
}

/** Show an error in place of a view, in one line. */
export function showFailure(host: HTMLElement, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  host.replaceChildren(h('div', { class: 'wnb' }, styles(), h('p', { class: 'wnb-quiet' }, `wandb_nb cannot draw this run: ${reason}`)));
}

/** The style element. A page with a strict content policy gives its scripts a nonce, which is valid for styles too. */
function styles(): HTMLElement {
  return h('style', { nonce: document.querySelector<HTMLElement>('script[nonce]')?.nonce || null }, css + mediaCss + tablesCss);
}
