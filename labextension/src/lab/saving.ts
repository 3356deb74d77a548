/** What we use of a document's context. */
export interface Saved {
  readonly model: { readonly dirty: boolean };
  save(): Promise<void>;
  readonly saveState: { connect(listener: (sender: unknown, state: string) => void): unknown };
}

const POLL_MS = 100;
/** A save that the user called off never says that it has ended. */
const LONGEST_SAVE_MS = 10_000;

/**
 * Saves a document one save at a time, Jupyter's own included. Where two overlap, Jupyter takes the first one's file for
 * somebody else's and asks the user which to keep.
 */
export class Saver {
  private begunAt: number | null = null;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly context: Saved) {
    context.saveState.connect((_, state) => (this.begunAt = state === 'started' ? Date.now() : null));
  }

  /** Save what is not saved yet; rejects where that fails, as Jupyter has told by then. */
  save(): Promise<void> {
    this.last = this.last.catch(() => undefined).then(() => this.alone());
    return this.last;
  }

  private async alone(): Promise<void> {
    while (this.begunAt !== null && Date.now() - this.begunAt < LONGEST_SAVE_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.context.model.dirty) await this.context.save();
  }
}
