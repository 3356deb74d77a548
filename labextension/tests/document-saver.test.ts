import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentSaver } from '../src/lab/document-saver';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A document whose saves take a second; counts overlapping saves. */
function slowDocument() {
  let listener: (sender: unknown, state: string) => void = () => undefined;
  const document = {
    model: { dirty: true }, active: 0, saves: 0, overlaps: 0,
    saveState: { connect: (one: typeof listener) => (listener = one) },
    async save() {
      listener(null, 'started');
      this.saves += 1;
      this.active += 1;
      this.overlaps += this.active > 1 ? 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      this.active -= 1;
      this.model.dirty = false;
      listener(null, 'completed');
    },
  };
  return document;
}

describe('a saver', () => {
  it('saves once for two simultaneous outputs', async () => {
    const document = slowDocument();
    const saver = new DocumentSaver(document);
    void saver.save();
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect([document.saves, document.overlaps]).toEqual([1, 0]);
  });

  it("waits for Jupyter's own save, then saves later changes", async () => {
    const document = slowDocument();
    const saver = new DocumentSaver(document);
    void document.save().then(() => (document.model.dirty = true));
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect([document.saves, document.overlaps]).toEqual([2, 0]);
  });

  it('continues after a failed save', async () => {
    const document = slowDocument();
    const saver = new DocumentSaver(document);
    const works = document.save.bind(document);
    document.save = () => Promise.reject(new Error('disk full'));
    await expect(saver.save()).rejects.toThrow('disk full');
    document.save = works;
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect(document.saves).toBe(1);
  });
});
