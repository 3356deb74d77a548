import type { SavedPreview } from '../wire/messages';

/** Types that a page shows and never executes; HTML is shown in a frame without scripts. */
const TYPES = ['image/png', 'image/jpeg', 'application/json', 'text/html'];
const PLAYED = /\.(wav|mp3|flac|mp4|webm|ogg)$/i;

/** The small copies of media files that a saved notebook holds: what is shown where no server or kernel has the files. */
export class SavedPreviews {
  private previews = new Map<string, SavedPreview>();

  /** Those of a snapshot; other messages have none, and change nothing. */
  take(saved: readonly SavedPreview[] | undefined): void {
    if (saved) this.previews = new Map(saved.filter(({ type }) => TYPES.includes(type)).map((one) => [one.path, one]));
  }

  has(path: string): boolean {
    return this.previews.has(path);
  }

  /** All of them, for another snapshot. */
  all(): SavedPreview[] {
    return [...this.previews.values()];
  }

  /** The small copy in the place of the file; null without one, and for sounds and videos, of which it is a picture. */
  content(path: string): ArrayBuffer | null {
    const preview = this.previews.get(path);
    if (preview === undefined || PLAYED.test(path)) return null;
    return Uint8Array.from(atob(preview.data), (c) => c.charCodeAt(0)).buffer;
  }

  /** The picture of a sound or video as a data address; null without one. */
  picture(path: string): string | null {
    const preview = this.previews.get(path);
    return preview?.type.startsWith('image/') ? `data:${preview.type};base64,${preview.data}` : null;
  }
}
