import { ownValue } from '../model/own-value';

/** Fetches the bytes of one media file; `path` is that of the run's row. */
export type LoadFile = (path: string) => Promise<ArrayBuffer>;

const MAX_UNUSED_FILES = 300;
const MAX_UNUSED_BYTES = 64 * 2 ** 20;
const MAX_REQUESTS = 4;
/** Types that a page shows and never executes, by the end of a file's name. Anything else is only bytes. */
const TYPES: Record<string, string> = {
  png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', bmp: 'image/bmp', gif: 'image/gif',
  wav: 'audio/wav', mp3: 'audio/mpeg', flac: 'audio/flac', mp4: 'video/mp4', webm: 'video/webm', ogg: 'application/ogg',
};

interface CachedFile {
  users: number;
  content: Blob | null;
  objectUrl: string | null;
  url: Promise<string>;
}

/**
 * The media files of one run as object URLs. A file that is in use stays; of the others the most recently used ones
 * stay, up to a number and a size. At most four files are requested concurrently.
 */
export class MediaFiles {
  /** Null if there is no source. */
  load: LoadFile | null = null;
  /** A picture that stands for a sound or video whose file is not available, as an address; null without one. */
  pictureOf: (path: string) => string | null = () => null;
  private readonly files = new Map<string, CachedFile>(); // the least recently used first
  private readonly queue: (() => void)[] = [];
  private requests = 0;

  /** An object URL of the file, valid until `release` is called as often. Rejects if the file is not available. */
  use(path: string): Promise<string> {
    const known = this.files.get(path);
    if (known) known.users += 1;
    const file = known ?? this.create(path);
    this.files.delete(path);
    this.files.set(path, file);
    return file.url;
  }

  /** Undo one `use`, also one that was rejected. */
  release(path: string): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    file.users = Math.max(0, file.users - 1);
    this.dropUnused();
  }

  /** The content of a file. */
  async content(path: string): Promise<Blob> {
    const loading = this.use(path);
    try {
      const file = this.files.get(path)!;
      await loading;
      return file.content!;
    } finally {
      this.release(path);
    }
  }

  /** The text of a file. */
  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(path));
  }

  async bytes(path: string): Promise<ArrayBuffer> {
    return (await this.content(path)).arrayBuffer();
  }

  /** Drop all files, after the last view was closed. */
  clear(): void {
    for (const { objectUrl } of this.files.values()) if (objectUrl !== null) URL.revokeObjectURL(objectUrl);
    this.files.clear();
  }

  private create(path: string): CachedFile {
    const file: CachedFile = { users: 1, content: null, objectUrl: null, url: Promise.resolve('') };
    file.url = this.request(path, () => file.users > 0).then((content) => {
      file.content = new Blob([content], { type: typeOf(path) });
      const url = URL.createObjectURL(file.content);
      if (this.files.get(path) !== file) URL.revokeObjectURL(url); // cleared meanwhile
      else file.objectUrl = url;
      return url;
    });
    file.url.catch(() => this.files.get(path) === file && this.files.delete(path)); // the next use tries again
    this.files.set(path, file);
    return file;
  }

  /** Request a file when it is its turn, unless it is not `wanted` any more: a slider passes many steps. */
  private async request(path: string, wanted: () => boolean): Promise<ArrayBuffer> {
    if (!isMediaPath(path)) throw new Error('This is not the path of a media file.');
    if (this.requests >= MAX_REQUESTS) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.requests += 1;
    try {
      if (this.load === null || !wanted()) throw new Error('This file is not available.');
      return await this.load(path);
    } finally {
      this.requests -= 1;
      this.queue.shift()?.();
    }
  }

  private dropUnused(): void {
    const unused = [...this.files].filter(([, file]) => file.users === 0 && file.objectUrl !== null);
    let bytes = unused.reduce((sum, [, file]) => sum + bytesOf(file), 0);
    let count = unused.length;
    for (const [path, file] of unused) {
      if (count <= MAX_UNUSED_FILES && bytes <= MAX_UNUSED_BYTES) return;
      URL.revokeObjectURL(file.objectUrl!);
      this.files.delete(path);
      count -= 1;
      bytes -= bytesOf(file);
    }
  }
}

function bytesOf({ content }: CachedFile): number {
  return content?.size ?? 0;
}

/** The type of a file by its name, never one that a browser would execute. */
export function typeOf(path: string): string {
  return ownValue(TYPES, path.slice(path.lastIndexOf('.') + 1).toLowerCase()) ?? 'application/octet-stream';
}

/** Whether a path leads to a file below `media/` or of an artifact: a saved output may have been made by anybody. */
function isMediaPath(path: string): boolean {
  return /^(media|artifacts)\//.test(path) && !path.split('/').some((part) => part === '..' || part === '.' || part === '');
}
