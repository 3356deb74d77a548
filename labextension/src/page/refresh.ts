const PAUSE_MS = 1000;
/** A page that takes long to make is asked for less often: so many times as long as it took. */
const REST = 8;
const AT_END_PX = 8;

/**
 * Keeps the parts of the page that are marked `data-live` as the server would show them now: the page is fetched again,
 * and what differs in these parts is replaced. `replaced` is told when anything was.
 */
export class Refresh {
  private busy = false;
  private wanted = false;

  constructor(private readonly replaced: () => void) {}

  /** Look soon; many calls are one look. */
  request(): void {
    this.wanted = true;
    if (!this.busy) void this.run();
  }

  private async run(): Promise<void> {
    this.busy = true;
    while (this.wanted) {
      this.wanted = false;
      const begun = performance.now();
      await this.once().catch(() => undefined); // the next event brings the next try
      const pause = Math.max(PAUSE_MS, REST * (performance.now() - begun));
      await new Promise((done) => setTimeout(done, pause));
    }
    this.busy = false;
  }

  private async once(): Promise<void> {
    if (document.querySelector('[data-live]') === null) return;
    const response = await fetch(location.href);
    if (!response.ok || response.redirected) return;
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    if (swapAll(document, fresh)) this.replaced();
  }
}

function swapAll(page: Document, fresh: Document): boolean {
  let changed = false;
  for (const old of page.querySelectorAll<HTMLElement>('[data-live]')) {
    const next = fresh.querySelector<HTMLElement>(`[data-live="${CSS.escape(old.dataset.live!)}"]`);
    if (next === null || next.innerHTML === old.dataset.told || next.innerHTML === old.innerHTML) continue;
    const told = next.innerHTML;
    swap(old, next);
    old.dataset.told = told; // scripts may mark what is shown; the server's own words are what to compare with
    changed = true;
  }
  return changed;
}

/** Take the children over; focus, scrolling and a console's end stay where they were. */
function swap(old: HTMLElement, next: HTMLElement): void {
  const focused = old.contains(document.activeElement) ? document.activeElement!.id : '';
  const atEnd = old.scrollTop + old.clientHeight >= old.scrollHeight - AT_END_PX;
  const inner = [...old.querySelectorAll<HTMLElement>('.wide')].map((one) => [one.scrollLeft, one.scrollTop] as const);
  old.replaceChildren(...next.childNodes);
  old.querySelectorAll<HTMLElement>('.wide').forEach((one, i) => one.scrollTo(...(inner[i] ?? [0, 0])));
  if (old.hasAttribute('data-follow') && atEnd) old.scrollTop = old.scrollHeight;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
