const PARK_MS = 500;

/** A mounted view in an element of its own. */
export interface ParkedView<Mounted extends { destroy(): void }> {
  host: HTMLElement;
  mounted: Mounted;
}

/**
 * Views whose outputs a loop has just cleared. The output is back with the next message and takes its view, with zoom,
 * tab and everything else as it was; a view that nobody takes is destroyed.
 */
export class ParkedViews<Mounted extends { destroy(): void }> {
  private readonly views = new Map<string, ParkedView<Mounted>>();

  park(key: string, view: ParkedView<Mounted>): void {
    this.take(key)?.mounted.destroy();
    this.views.set(key, view);
    setTimeout(() => {
      if (this.views.get(key) === view) this.take(key)?.mounted.destroy();
    }, PARK_MS);
  }

  take(key: string): ParkedView<Mounted> | null {
    const view = this.views.get(key) ?? null;
    this.views.delete(key);
    return view;
  }
}
