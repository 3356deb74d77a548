import { h } from './dom';
import type { MountedView } from './run-view';
import { ViewRoot } from './view-root';

export interface LinkActions {
  /** Go to the charts. */
  jump(): void;
  /** Draw the charts in the place of the line. */
  show(): void;
}

/** One line that leads to the charts of a run elsewhere in the notebook. */
export function mountLink(host: HTMLElement, text: string, actions: LinkActions): MountedView {
  const link = h('a', {
    href: '#', class: 'wnb-link',
    onclick: (event: MouseEvent) => {
      event.preventDefault();
      actions.jump();
    },
  }, text);
  const button = h('button', { type: 'button', class: 'wnb-toggle', onclick: () => actions.show() }, 'Show here');
  button.setAttribute('aria-label', `Show here: ${text}`);
  const root = new ViewRoot(host, [h('p', { class: 'wnb-link-line' }, link, button)], () => undefined, () => undefined);
  root.element.setAttribute('aria-label', 'Link to charts');
  root.changed(); // for its theme
  return root;
}

/** Give a view that was moved to the keyboard focus, so that the next Tab continues in it. */
export function focusView(view: HTMLElement): void {
  view.tabIndex = -1;
  view.addEventListener('blur', () => view.removeAttribute('tabindex'), { once: true });
  view.focus({ preventScroll: true });
}
