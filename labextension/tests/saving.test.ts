import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Saver } from '../src/lab/saving';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A document whose saves take a second, and which counts those that overlap. */
function slowDocument() {
  let listener: (sender: unknown, state: string) => void = () => undefined;
  const document = {
    model: { dirty: true }, going: 0, saves: 0, overlaps: 0,
    saveState: { connect: (one: typeof listener) => (listener = one) },
    async save() {
      listener(null, 'started');
      this.saves += 1;
      this.going += 1;
      this.overlaps += this.going > 1 ? 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 1000));
      this.going -= 1;
      this.model.dirty = false;
      listener(null, 'completed');
    },
  };
  return document;
}

describe('a saver', () => {
  it('saves once for two outputs that come at the same time', async () => {
    const document = slowDocument();
    const saver = new Saver(document);
    void saver.save();
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect([document.saves, document.overlaps]).toEqual([1, 0]);
  });

  it("waits for Jupyter's own save, and saves what came meanwhile", async () => {
    const document = slowDocument();
    const saver = new Saver(document);
    void document.save().then(() => (document.model.dirty = true));
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect([document.saves, document.overlaps]).toEqual([2, 0]);
  });

  it('goes on after a save that failed', async () => {
    const document = slowDocument();
    const saver = new Saver(document);
    const works = document.save.bind(document);
    document.save = () => Promise.reject(new Error('disk full'));
    await expect(saver.save()).rejects.toThrow('disk full');
    document.save = works;
    void saver.save();
    await vi.advanceTimersByTimeAsync(5000);
    expect(document.saves).toBe(1);
  });
});
