// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { runBundle } from '../src/mime/run-bundle';
import { toSnapshot } from '../src/model/snapshot';
import { Feed } from '../src/sources/feed';
import { fromSnapshot } from '../src/wire/decode';
import type { MediaFile, SavedPreview } from '../src/wire/messages';
import { message } from './messages';

const file = (path: string, kind = 'image'): MediaFile => ({ kind, path, caption: '', width: 4, height: 4, size: 70 });
const row = (step: number, path: string, kind?: string) => ({ step, time: step, files: [file(path, kind)] });
const preview = (path: string, content: string, type = 'image/png'): SavedPreview => ({ path, type, data: btoa(content) });
const text = (content: ArrayBuffer): string => new TextDecoder().decode(content);

/** A run with a picture at three steps, of which the notebook holds two, and a sound. */
function saved(previews = [preview('media/images/a_5.png', 'five'), preview('media/images/a_9.png', 'nine'), preview('media/audio/s.wav', 'wave')]) {
  const media = [
    { key: 'a', n: 3, rows: [row(0, 'media/images/a_0.png'), row(5, 'media/images/a_5.png'), row(9, 'media/images/a_9.png')] },
    { key: 's', n: 1, rows: [row(9, 'media/audio/s.wav', 'audio')] },
  ];
  return message([{ key: 'loss', values: [2, 1] }], { media, previews });
}

function feedOf(openers: ConstructorParameters<typeof Feed>[0] = []): Feed {
  const feed = new Feed(openers);
  feed.offerSnapshot(saved());
  return feed;
}

describe('a saved notebook', () => {
  it('supplies small copies where no source has the files', async () => {
    for (const feed of [feedOf(), feedOf([() => Promise.reject(new Error('no server'))])]) {
      expect(text(await feed.data.mediaFiles.load!('media/images/a_9.png'))).toBe('nine');
      await expect(feed.data.mediaFiles.load!('media/images/a_0.png')).rejects.toThrow();
      await expect(feed.data.mediaFiles.load!('media/audio/s.wav')).rejects.toThrow(); // a waveform cannot be played
      expect(feed.data.mediaFiles.pictureOf('media/audio/s.wav')).toBe(`data:image/png;base64,${btoa('wave')}`);
    }
  });

  it('is written back with them, and with the steps that they belong to', () => {
    const { data } = feedOf();
    const again = fromSnapshot(JSON.parse(JSON.stringify(toSnapshot(data, null))));
    expect(again.header.previews).toEqual(saved().header.previews);
    expect(again.header.media!.map((one) => one.rows.map(({ step }) => step))).toEqual([[5, 9], [9]]);
  });

  it('takes newer ones from a snapshot even while live rows are ahead', () => {
    const feed = feedOf();
    feed.status = 'live';
    feed.offerSnapshot(saved([preview('media/images/a_9.png', 'newer')]));
    expect(feed.data.previews.has('media/images/a_5.png')).toBe(false);
    expect(text(feed.data.previews.content('media/images/a_9.png')!)).toBe('newer');
  });

  it('never supplies a type that a browser executes, and rejects malformed ones', () => {
    const svg = message([], { previews: [preview('media/images/a.png', '<svg onload=alert(1)>', 'image/svg+xml')] });
    const feed = new Feed([]);
    feed.offerSnapshot(svg);
    expect(feed.data.previews.content('media/images/a.png')).toBeNull();
    const malformed = { ...(toSnapshot(feedOf().data, null) as unknown as Record<string, unknown>), previews: [{ path: 5 }] };
    expect(() => fromSnapshot(malformed)).toThrow('incomplete previews');
  });

  it('keeps the media section and picture of the kernel when the page writes', () => {
    const { data } = feedOf();
    const section = '<section aria-label="Logged media" style="x"><img src="data:image/png;base64,AAAA"></section>';
    const images = { full: 'charts only', fallback: '' };
    const bundle = runBundle(data, null, { 'text/html': `<div>old</div>${section}`, 'image/png': 'charts and media' }, images)!;
    expect(bundle['text/html']).toMatch(new RegExp(`${section}$`));
    expect(bundle['image/png']).toBe('charts and media');
    expect(runBundle(data, null, { 'text/html': '<div>old</div>', 'image/png': 'old' }, images)!['image/png']).toBe('charts only');
  });
});
