const HOLD_MS = 500;

const timers = new WeakMap<HTMLElement, ReturnType<typeof setTimeout>>();

/**
 * Keep the height of the outputs around `node` for a moment. A loop that clears its outputs removes the view, which is
 * back with the next message; without this the page below would jump twice.
 */
export function holdHeight(node: HTMLElement): void {
  const outputs = node.closest<HTMLElement>('.jp-Cell-outputWrapper');
  if (outputs === null) return;
  clearTimeout(timers.get(outputs));
  outputs.style.minHeight = `${outputs.getBoundingClientRect().height}px`;
  timers.set(outputs, setTimeout(() => (outputs.style.minHeight = ''), HOLD_MS));
}
