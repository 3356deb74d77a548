import { h, setText } from './dom';
import type { MountedView } from './run-view';
import { ViewRoot } from './view-root';

/** A mounted link. */
export interface MountedLink extends MountedView {
  /** Ask for the text again. */
  changed(): void;
}

export interface LinkActions {
  /** Go to the charts. */
  jump(): void;
  /** Draw the charts in the place of the line. */
  show(): void;
}

/** Where the charts of a link are in the notebook: on which side of it, and the number of their cell if that has one. */
export interface ChartLocation { side: 'above' | 'below' | 'here'; cell: number | null }

/** The text of a link, as saved "… is under cell [3]", with the place that its charts have now; null if they are gone. */
export function linkText(saved: string, location: ChartLocation | null): string {
  if (location === null) return 'The charts are no longer in this notebook';
  const { side, cell } = location;
  return saved.replace(/ under cell \[(\d+)\]$/, (_, number: string) => `${side === 'here' ? '' : ` ${side},`} under cell [${cell ?? number}]`);
}

/** One line that leads to the charts of a run elsewhere in the notebook; `text` is asked for whenever the line comes into view. */
export function mountLink(host: HTMLElement, text: () => string, actions: LinkActions): MountedLink {
  const link = h('a', {
    href: '#', class: 'wnb-link',
    onclick: (event: MouseEvent) => {
      event.preventDefault();
      actions.jump();
    },
  });
  const button = h('button', { type: 'button', class: 'wnb-toggle', onclick: () => actions.show() }, 'Show here');
  const update = (): void => {
    const now = text();
    setText(link, now);
    button.setAttribute('aria-label', `Show here: ${now}`);
  };
  const root = new ViewRoot(host, [h('p', { class: 'wnb-link-line' }, link, button)], update, () => undefined);
  root.element.setAttribute('aria-label', 'Link to charts');
  root.watchVisibility((visible) => visible && root.changed());
  root.changed();
  return root;
}

/** Give a view that was moved to the keyboard focus, so that the next Tab continues in it. */
export function focusView(view: HTMLElement): void {
  view.tabIndex = -1;
  view.addEventListener('blur', () => view.removeAttribute('tabindex'), { once: true });
  view.focus({ preventScroll: true });
}
