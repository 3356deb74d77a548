/** Runs a task before the next frame: once, however often it is requested until then, and not after `destroy`. */
export class FrameTask {
  private frame = 0;

  constructor(private readonly task: () => void) {}

  request(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.task();
    });
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.frame = -1;
  }
}
