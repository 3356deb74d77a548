const MIN_INTERVAL_MS = 1000;
/** The pause after a request, as a multiple of its duration, so that slow pages are requested less often. */
const PAUSE_FACTOR = 8;
const AT_END_PX = 8;

/**
 * Keeps the parts of the page marked `data-live` current: fetches the page again and replaces the parts that differ.
 * `onReplace` is called if any part was replaced. `address` is that of the page, by default its own.
 */
export class LiveParts {
  private busy = false;
  private requested = false;

  constructor(private readonly onReplace: () => void, private readonly address?: string, private readonly minIntervalMs = MIN_INTERVAL_MS) {}

  /** Update soon; concurrent calls share one update. */
  request(): void {
    this.requested = true;
    if (!this.busy) void this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    while (this.requested) {
      this.requested = false;
      const start = performance.now();
      await this.update().catch(() => undefined); // the next event starts the next attempt
      const pause = Math.max(this.minIntervalMs, PAUSE_FACTOR * (performance.now() - start));
      await new Promise((done) => setTimeout(done, pause));
    }
    this.busy = false;
  }

  private async update(): Promise<void> {
    if (document.querySelector('[data-live]') === null) return;
    const response = await fetch(this.address ?? location.href);
    if (!response.ok || response.redirected) return;
    const newPage = new DOMParser().parseFromString(await response.text(), 'text/html');
    const focused = document.activeElement?.id ?? '';
    if (!replaceParts(document, newPage)) return;
    this.onReplace();
    if (focused !== '' && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
  }
}

function replaceParts(page: Document, newPage: Document): boolean {
  let changed = false;
  for (const old of page.querySelectorAll<HTMLElement>('[data-live]')) {
    const next = newPage.querySelector<HTMLElement>(`[data-live="${CSS.escape(old.dataset.live!)}"]`);
    if (next === null || next.innerHTML === old.dataset.html || next.innerHTML === old.innerHTML) continue;
    const html = next.innerHTML;
    replaceChildren(old, next);
    old.dataset.html = html; // compared later instead of the current content, which scripts may have changed
    changed = true;
  }
  return changed;
}

/** Replace the children; keeps scroll positions and what is unfolded, and follows the end of a console. */
function replaceChildren(old: HTMLElement, next: HTMLElement): void {
  const unfolded = [...old.querySelectorAll<HTMLDetailsElement>('details[open][id]')].map(({ id }) => id);
  const atEnd = old.scrollTop + old.clientHeight >= old.scrollHeight - AT_END_PX;
  const scrollPositions = [...old.querySelectorAll<HTMLElement>('.wide')].map((one) => [one.scrollLeft, one.scrollTop] as const);
  old.replaceChildren(...next.childNodes);
  old.querySelectorAll<HTMLElement>('.wide').forEach((one, i) => one.scrollTo(...(scrollPositions[i] ?? [0, 0])));
  if (old.hasAttribute('data-follow') && atEnd) old.scrollTop = old.scrollHeight;
  for (const id of unfolded) document.getElementById(id)?.setAttribute('open', '');
}
