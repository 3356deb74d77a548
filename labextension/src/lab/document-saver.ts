/** The part of a document's context that is used here. */
export interface DocumentContext {
  readonly model: { readonly dirty: boolean };
  save(): Promise<void>;
  readonly saveState: { connect(listener: (sender: unknown, state: string) => void): unknown };
}

const POLL_MS = 100;
/** A save that the user cancels never reports its end. */
const MAX_SAVE_MS = 10_000;

/**
 * Saves a document, one save at a time, including Jupyter's own. If two saves overlap, Jupyter takes the file of the
 * first one for a foreign change and asks the user which version to keep.
 */
export class DocumentSaver {
  private saveStartedAt: number | null = null;
  private lastSave: Promise<void> = Promise.resolve();

  constructor(private readonly context: DocumentContext) {
    context.saveState.connect((_, state) => (this.saveStartedAt = state === 'started' ? Date.now() : null));
  }

  /** Save unsaved changes. Rejects if that fails; Jupyter has then reported the error. */
  save(): Promise<void> {
    this.lastSave = this.lastSave.catch(() => undefined).then(() => this.saveExclusively());
    return this.lastSave;
  }

  private async saveExclusively(): Promise<void> {
    while (this.saveStartedAt !== null && Date.now() - this.saveStartedAt < MAX_SAVE_MS) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    if (this.context.model.dirty) await this.context.save();
  }
}
