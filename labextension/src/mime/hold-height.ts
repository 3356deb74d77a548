const HOLD_MS = 500;

const timers = new WeakMap<Element, ReturnType<typeof setTimeout>>();
const heights = new WeakMap<Element, number>();
const observer = globalThis.ResizeObserver && new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) heights.set(target, contentRect.height);
});

/** Follow the height of the outputs around `node`, as it is when a frame is drawn. */
export function watchHeight(node: HTMLElement): void {
  const outputs = outputsOf(node);
  if (outputs !== null) observer?.observe(outputs);
}

/**
 * Keep that height for a moment. A loop that clears its outputs removes them one by one, and they are back with the next
 * messages; without this the page below would jump.
 */
export function holdHeight(node: HTMLElement): void {
  const outputs = outputsOf(node);
  if (outputs === null) return;
  clearTimeout(timers.get(outputs));
  outputs.style.minHeight = `${heights.get(outputs) ?? outputs.getBoundingClientRect().height}px`;
  timers.set(outputs, setTimeout(() => (outputs.style.minHeight = ''), HOLD_MS));
}

function outputsOf(node: HTMLElement): HTMLElement | null {
  return node.closest<HTMLElement>('.jp-Cell-outputWrapper');
}
