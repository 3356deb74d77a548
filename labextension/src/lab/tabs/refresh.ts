/** Asks again while a tab is open: at the first look, then every `ms` until `over` says that nothing will follow. */
export class Refresh {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private due = 0;
  private asking = false;
  private whole = false;

  /** `ask` never rejects; it tells what fails by itself. */
  constructor(private readonly ask: () => Promise<void>, private readonly ms: number, private readonly over: () => boolean) {}

  /** Called while the tab is open. */
  look(): void {
    if (this.asking || this.whole || Date.now() < this.due) return;
    this.asking = true;
    const last = this.over();
    void this.ask().finally(() => {
      this.asking = false;
      this.whole = last;
      this.due = Date.now() + this.ms;
      clearTimeout(this.timer);
      if (!last) this.timer = setTimeout(() => this.wake(), this.ms);
    });
  }

  /** Has the view drawn, which looks again where the tab is still open. */
  wake: () => void = () => undefined;

  stop(): void {
    clearTimeout(this.timer);
    this.whole = true;
  }
}
