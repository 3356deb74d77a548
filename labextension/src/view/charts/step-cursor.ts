const REST_MS = 80;

/** Moves the cursor of one chart to a step; returns whether it could. */
export type MoveCursor = (step: number) => boolean;

/** Links the charts' cursor with the step of the media: either follows the other. */
export class StepCursor {
  /** The step at the charts' cursor after it rested there; null outside the charts, or if their x axis is not the step. */
  step: number | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly charts = new Set<MoveCursor>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private marking = false;

  /** The charts' cursor moved to this step; null if it left. */
  point(step: number | null): void {
    clearTimeout(this.timer);
    if (this.marking || this.listeners.size === 0 || step === this.step) return;
    this.timer = setTimeout(() => {
      this.step = step;
      for (const listener of [...this.listeners]) listener();
    }, REST_MS);
  }

  /** Show the charts' cursor at the step that was chosen for the media. */
  mark(step: number): void {
    clearTimeout(this.timer);
    this.step = null;
    this.marking = true;
    try {
      for (const move of this.charts) if (move(step)) break; // the others follow it
    } finally {
      this.marking = false;
    }
  }

  /** Call `listener` when the cursor rests at another step, until the returned function is called. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Add a chart, until the returned function is called. */
  addChart(move: MoveCursor): () => void {
    this.charts.add(move);
    return () => this.charts.delete(move);
  }
}
