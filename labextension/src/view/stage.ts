import type { Theme } from '../chart/palette';
import { h } from './dom';
import { shieldKeys } from './keys';
import css from './style.css';
import { themeOf, watchTheme } from './theme';

/** The root element of a view: its style, its theme, its keys, and when it is drawn. What fails in a view is told in it alone. */
export class Stage {
  readonly root: HTMLElement;
  private readonly ends: (() => void)[];
  private frame = 0;

  /** `update` draws all that is new; `destroyed` is called once, at the end or when drawing failed. */
  constructor(
    private readonly host: HTMLElement,
    children: HTMLElement[],
    private readonly update: (theme: Theme) => void,
    private readonly destroyed: () => void,
  ) {
    this.root = h('section', { class: 'wnb', 'aria-label': 'Run' }, styles(), ...children);
    host.replaceChildren(this.root);
    this.ends = [shieldKeys(this.root), watchTheme(() => this.changed())];
  }

  /** Draw before the next frame; many changes make one drawing. */
  changed(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** Tell `look` whether the view is in sight, from now on. */
  watchSight(look: (inSight: boolean) => void): void {
    const sight = new IntersectionObserver((entries) => look(entries.at(-1)?.isIntersecting ?? false));
    sight.observe(this.root);
    this.ends.push(() => sight.disconnect());
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
    for (const end of this.ends.splice(0)) end();
    this.destroyed();
    this.root.remove();
  }

  private draw(): void {
    try {
      const theme = themeOf(this.root);
      this.root.dataset.theme = theme;
      this.update(theme);
    } catch (error) {
      this.destroy();
      showFailure(this.host, error);
    }
  }
}

/** One quiet line in place of a view. */
export function showFailure(host: HTMLElement, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  host.replaceChildren(h('div', { class: 'wnb' }, styles(), h('p', { class: 'wnb-quiet' }, `wandb_nb cannot draw this run: ${why}`)));
}

/** The style element. A page with a strict content policy gives its scripts a nonce, which stands for styles too. */
function styles(): HTMLElement {
  return h('style', { nonce: document.querySelector<HTMLElement>('script[nonce]')?.nonce || null }, css);
}
