// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { htmlFrame, tableElement } from '../src/media/media-documents';
import { offlineFigure } from '../src/media/figure/offline-figure';
import { MediaFiles, typeOf } from '../src/media/media-files';
import { LayerChoices } from '../src/media/layers/layer-choices';
import { MediaItem } from '../src/media/media-item';
import { SoundContent } from '../src/media/sound/sound-content';
import type { MediaForm } from '../src/media/media-kinds';
import { describe as describeFile, formOf } from '../src/media/media-kinds';
import { indexOf, mediaSteps, newestMedia, rowAt, stepAfter } from '../src/media/media-steps';
import { runBundle } from '../src/mime/run-bundle';
import { Overlay } from '../src/model/overlay';
import { RunData } from '../src/model/run-data';
import { toSnapshot } from '../src/model/snapshot';
import { CommTransport } from '../src/sources/comm-transport';
import type { Transport } from '../src/sources/feed';
import { Feed, UnavailableError } from '../src/sources/feed';
import { fromComm } from '../src/wire/decode';
import type { MediaFile, MediaSeries, Request } from '../src/wire/messages';
import { message } from './messages';

const HOSTILE = '<img src=x onerror=window.harmed=1>';
const file = (path: string, changes: Partial<MediaFile> = {}): MediaFile => ({ kind: 'image', path, caption: '', width: 4, height: 4, size: 70, ...changes });
const series = (key: string, ...steps: number[]): MediaSeries => ({ key, n: steps.length, rows: steps.map((step) => ({ step, time: step, files: [file(`media/images/${key}_${step}.png`)] })) });
const itemOf = (form: MediaForm, files: MediaFiles): MediaItem => {
  const item = new MediaItem(form, { files, choices: new LayerChoices(), enlarge: () => undefined }, 'a');
  item.visible = true;
  return item;
};
const bytes = (length = 4): ArrayBuffer => new ArrayBuffer(length);
const flush = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

let live = new Set<string>();

beforeEach(() => {
  live = new Set();
  let count = 0;
  URL.createObjectURL = () => {
    const url = `blob:${++count}`;
    live.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => void live.delete(url);
});
afterEach(() => void vi.useRealTimers());

describe('a figure for the renderer of the host', () => {
  it('has nothing that would be loaded from servers', () => {
    const inline = 'data:image/png;base64,AAAA';
    const [text, cleaned] = ['<a style="cursor:url(//e)">x</a>', '<a style-="cursor:url(//e)">x</a>'];
    const figure = {
      data: [{ type: 'scatter', y: [1], name: text }, { type: 'choropleth', geojson: '//e' }, { type: 'scattermapbox' }, { type: 'heatmap', z: [[1]] }, { type: 'sankey', link: { source: [0] } }],
      layout: { title: { text }, images: [{ source: 'https://e/i.png' }, { source: inline }], mapbox2: { style: '//e' }, template: { layout: { images: [{ source: '//e' }] } } },
      config: { topojsonURL: '//e' },
    };
    expect(offlineFigure(figure)).toEqual({
      data: [{ type: 'scatter', y: [1], name: cleaned }, { type: 'heatmap', z: [[1]] }, { type: 'sankey', link: { source: [0] } }],
      layout: { title: { text: cleaned }, images: [{}, { source: inline }], template: { layout: { images: [{}] } } },
    });
    expect([offlineFigure(null), offlineFigure({ data: 'x', frames: [] })]).toEqual([{ data: [], layout: {} }, { data: [], layout: {}, frames: [] }]);
  });
});

describe('steps of media', () => {
  it('are those of all metrics, and each metric shows its last media up to the chosen one', () => {
    const [a, b] = [series('a', 0, 10, 20), series('b', 5, 20, 30)];
    const steps = mediaSteps([a, b]);
    expect(steps).toEqual([0, 5, 10, 20, 30]);
    expect([null, 30, 12, 0].map((step) => rowAt(a, step)?.step)).toEqual([20, 20, 10, 0]);
    expect([null, 12, 0].map((step) => rowAt(b, step)?.step)).toEqual([30, 5, 5]);
    expect([stepAfter(steps, null, -1), stepAfter(steps, 20, 1), stepAfter(steps, 0, -1), stepAfter(steps, 5, 1)]).toEqual([20, null, 0, 10]);
    expect([indexOf(steps, null), indexOf(steps, 12), indexOf(steps, -1)]).toEqual([4, 2, 0]);
  });
});

describe('the newest media', () => {
  it('are in words', () => {
    const files = [file('media/x'), file('media/y'), file('media/z', { kind: 'audio' }), file('media/m', { kind: 'molecule' })];
    expect(newestMedia({ key: 'a', n: 1, rows: [{ step: 1200, time: 0, files }] })).toBe('2 pictures, 1 sound, 1 molecule at step 1,200');
    expect(newestMedia({ key: 'a', n: 0, rows: [] })).toBe('');
  });
});

describe('media files', () => {
  it('are requested once while they are used, at most four concurrently', async () => {
    const files = new MediaFiles();
    const requested: string[] = [];
    const answers: (() => void)[] = [];
    files.load = (path) => new Promise((resolve) => {
      requested.push(path);
      answers.push(() => resolve(bytes()));
    });
    const urls = Array.from({ length: 9 }, (_, i) => files.use(`media/images/${i}.png`));
    const again = files.use('media/images/0.png');
    await flush();
    expect(requested.length).toBe(4);
    while (answers.length > 0) {
      answers.shift()!();
      await flush();
    }
    expect(requested.length).toBe(9);
    expect(await again).toBe(await urls[0]);
    expect(new Set(await Promise.all(urls)).size).toBe(9);
  });

  it('that a slider has passed are not requested', async () => {
    const files = new MediaFiles();
    const requested: string[] = [];
    let answer = (): void => undefined;
    files.load = (path) => new Promise((resolve) => {
      requested.push(path);
      answer = () => resolve(bytes());
    });
    for (let i = 0; i < 4; i++) void files.use(`media/images/${i}.png`);
    const passed = files.use('media/images/passed.png');
    files.release('media/images/passed.png');
    const wanted = files.use('media/images/wanted.png');
    await flush();
    answer();
    await expect(passed).rejects.toThrow();
    await flush();
    answer();
    expect(await wanted).toMatch(/^blob:/);
    expect(requested).not.toContain('media/images/passed.png');
  });

  it('that are not used are dropped beyond a number, the least recently used first, and all at the end', async () => {
    const files = new MediaFiles();
    files.load = async () => bytes();
    const held = await files.use('media/images/held.png');
    const first = await files.use('media/images/0.png');
    files.release('media/images/0.png');
    for (let i = 1; i <= 400; i++) {
      await files.use(`media/images/${i}.png`);
      files.release(`media/images/${i}.png`);
    }
    expect(live.size).toBe(301);
    expect([live.has(held), live.has(first)]).toEqual([true, false]);
    files.clear();
    expect(live.size).toBe(0);
  });

  it('that are large are dropped by their size', async () => {
    const files = new MediaFiles();
    files.load = async () => bytes(30 * 2 ** 20);
    for (const name of 'abcd') {
      await files.use(`media/videos/${name}.mp4`);
      files.release(`media/videos/${name}.mp4`);
    }
    expect(live.size).toBe(2);
  });

  it('are tried again after a failure, and never requested from outside of the media', async () => {
    const files = new MediaFiles();
    files.load = vi.fn().mockRejectedValueOnce(new Error('once')).mockResolvedValue(bytes());
    await expect(files.use('media/images/a.png')).rejects.toThrow('once');
    await flush();
    expect(await files.use('media/images/a.png')).toMatch(/^blob:/);
    for (const path of ['media/../secret', '../x', '/etc/passwd', 'output.log', 'media//x']) await expect(files.use(path)).rejects.toThrow();
    expect(files.load).toHaveBeenCalledTimes(2);
  });

  it('have types that a page never executes', () => {
    expect(['a.PNG', 'a.wav', 'a.mp4'].map(typeOf)).toEqual(['image/png', 'audio/wav', 'video/mp4']);
    expect(['a.svg', 'a.html', 'a.js', 'html', 'a.png.xhtml', 'a.constructor'].map(typeOf)).toEqual(Array(6).fill('application/octet-stream'));
  });
});

describe('media items', () => {
  it('show a picture with its caption as text and as alternative text', async () => {
    const files = new MediaFiles();
    files.load = async () => bytes();
    const item = itemOf('picture', files);
    item.show(file('media/images/a.png', { caption: HOSTILE }));
    await flush();
    const picture = item.element.querySelector('img')!;
    expect([picture.alt, item.element.querySelector('figcaption')!.textContent]).toEqual([HOSTILE, HOSTILE]);
    expect(item.element.querySelectorAll('img').length).toBe(1);
    item.show(file('media/images/b.png'));
    await flush();
    expect([item.element.querySelector('img'), picture.alt, item.element.querySelector('figcaption')!.hidden]).toEqual([picture, 'Picture a', true]);
  });

  it('load a large file only when asked, and report one that is missing', async () => {
    const files = new MediaFiles();
    files.load = vi.fn().mockRejectedValue(new Error('gone'));
    const item = itemOf('video', files);
    item.show(file('media/videos/a.mp4', { kind: 'video', size: 50_000_000 }));
    const button = item.element.querySelector('button')!;
    expect([button.textContent, vi.mocked(files.load).mock.calls.length]).toEqual(['Load Video a.mp4 (50 MB)', 0]);
    button.click();
    await flush();
    expect(item.element.textContent).toBe('Video a.mp4 (50 MB): This file is not available.');
  });

  it('know how each kind is shown, and name the others with type and size', () => {
    expect(['image', 'audio', 'html', 'table', 'molecule', 'constructor'].map((kind) => formOf(file('media/x', { kind })))).toEqual(['picture', 'sound', 'page', 'table', 'other', 'other']);
    expect([formOf(file('media/videos/a.gif', { kind: 'video' })), formOf(file('media/videos/a.mp4', { kind: 'video' }))]).toEqual(['picture', 'video']);
    expect(describeFile(file('media/x', { kind: 'toString', size: null }))).toBe('toString x');
    expect(describeFile(file('media/molecule/m.pdb', { kind: 'molecule', size: 1234 }))).toBe('Molecule m.pdb (1.23 kB)');
  });

  it('decode no sound whose player reports hours or no length', async () => {
    const decoded = vi.fn().mockResolvedValue({ numberOfChannels: 1, getChannelData: () => new Float32Array(9), duration: 9 });
    vi.stubGlobal('OfflineAudioContext', class { decodeAudioData = decoded; });
    vi.stubGlobal('ResizeObserver', class { observe(): void {} disconnect(): void {} });
    const files = new MediaFiles();
    files.load = async () => bytes();
    const counts = [];
    for (const [event, duration] of [['loadedmetadata', 9], ['loadedmetadata', 7200], ['loadedmetadata', Infinity], ['error', NaN]] as const) {
      const content = new SoundContent(files);
      const player = content.element.querySelector('audio')!;
      Object.defineProperty(player, 'duration', { value: duration });
      void content.show(file('media/audio/a.flac', { kind: 'audio' }), 'a');
      await flush();
      player.dispatchEvent(new Event(event));
      await flush();
      counts.push([decoded.mock.calls.length, content.element.querySelector<HTMLElement>('.wnb-wave')!.hidden]);
    }
    vi.unstubAllGlobals();
    expect(counts).toEqual([[1, false], [1, true], [1, true], [1, true]]);
  });

  it('keep HTML in a sandbox without scripts and network', () => {
    const frame = htmlFrame('<script>parent.harmed = 1</script>', 'page');
    expect(frame.getAttribute('sandbox')).toBe('');
    expect(frame.srcdoc).toMatch(/^<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';/);
  });

  it('connect to nothing by links, also in frames', () => {
    const { srcdoc } = htmlFrame('<LINK\nrel=preconnect href=//e><link/rel=dns-prefetch href=//e><iframe srcdoc="&lt;link rel=preconnect href=//e>"></iframe><linker>', 'p');
    const [parsed, own] = [new DOMParser().parseFromString(srcdoc, 'text/html'), 'meta[http-equiv="x-dns-prefetch-control"][content=off]'];
    expect([parsed.querySelectorAll('link, iframe').length, parsed.querySelectorAll('linker').length, parsed.querySelectorAll(own).length]).toEqual([0, 1, 1]);
  });

  it('show the first rows of a table as texts', () => {
    const table = tableElement(JSON.stringify({ columns: ['id', HOSTILE], data: Array.from({ length: 60 }, (_, i) => [i, i ? { a: 1 } : HOSTILE]) }), 't');
    expect([table.querySelectorAll('tbody tr').length, table.querySelector('caption')!.textContent]).toEqual([50, 'first 50 of 60 rows']);
    expect([table.querySelector('td:last-child')!.textContent, table.querySelector('img')]).toEqual([HOSTILE, null]);
    expect(() => tableElement('{}', 't')).toThrow();
  });
});

describe('media of a message', () => {
  it('are rejected if they are incomplete', () => {
    const { header } = message([]);
    const good = series('a', 0);
    expect(fromComm({ ...header, media: [good] }).header.media).toEqual([good]);
    const files = (file: unknown): unknown => [{ ...good, rows: [{ step: 0, time: 0, files: [file] }] }];
    for (const media of [5, 'text', [null], [{ key: 'a' }], [{ ...good, rows: [null] }], files(null), files({ kind: 'image', caption: '' }), files({ kind: 1, path: 'media/a/b', caption: '' })]) {
      expect(() => fromComm({ ...header, media })).toThrow('incomplete media');
    }
  });
});

describe('media of a run', () => {
  it('make cards, and are kept until a message brings others', () => {
    const data = new RunData();
    data.apply(message([], { media: [series('a', 0), series('b', 0)] }));
    data.apply(message([], { media: null }));
    const overlay = Overlay.of(data);
    expect(overlay.isEmpty).toBe(false);
    expect(overlay.cards().flatMap(({ charts }) => charts.map(({ kind, keys }) => [kind, ...keys]))).toEqual([['media', 'a'], ['media', 'b']]);
    const bundle = runBundle(data, null, {}, null)!;
    expect(bundle['text/plain']).toMatch(/\na 1 picture at step 0\nb 1 picture at step 0$/);
    expect(bundle['text/html']).toContain('1 picture at step 0');
    expect(toSnapshot(data, null)!.media!.map(({ rows }) => rows.length)).toEqual([1, 1]);
  });

  it('come from the next transport if the first does not know the run', async () => {
    const transport = (changes: Partial<Transport>): Transport => ({ pull: () => new Promise(() => undefined), stop: async () => undefined, close: () => undefined, ...changes });
    const http = transport({ file: async () => Promise.reject(new UnavailableError('404')) });
    const comm = transport({ file: async (path) => new TextEncoder().encode(path).buffer as ArrayBuffer });
    const feed = new Feed([async () => http, async () => comm]);
    expect(await feed.data.mediaFiles.text('media/images/a.png')).toBe('media/images/a.png');
    const none = new Feed([async () => transport({})]);
    await expect(none.data.mediaFiles.text('media/images/a.png')).rejects.toThrow('not available');
    await expect(new Feed([]).data.mediaFiles.text('media/images/a.png')).rejects.toThrow('not available');
  });

  it('come over a comm as the bytes of their answer alone', async () => {
    const sent: Request[] = [];
    const transport = new CommTransport({ pushes: false, send: (request) => sent.push(request), close: () => undefined });
    const [one, two] = [transport.file('media/images/a.png'), transport.file('media/images/b.png')];
    expect(sent).toEqual([{ type: 'file', number: 1, path: 'media/images/a.png' }, { type: 'file', number: 2, path: 'media/images/b.png' }]);
    transport.receive({ type: 'file', number: 2, found: false }, [new DataView(bytes(0))]);
    transport.receive({ type: 'file', number: 1, found: true }, [new DataView(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2)]);
    expect([...new Uint8Array(await one)]).toEqual([1, 2]);
    await expect(two).rejects.toThrow('does not have this file');
  });
});
