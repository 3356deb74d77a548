import { h, setText } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { MediaFiles } from './media-files';
import { htmlFrame, tableElement } from './media-documents';

/** How one file is shown. "other" is named only. */
export type MediaForm = 'picture' | 'sound' | 'video' | 'page' | 'table' | 'other';

const FORMS: Record<string, MediaForm> = { image: 'picture', audio: 'sound', video: 'video', html: 'page', table: 'table', 'incremental-table': 'table' };
const NAMES: Record<string, string> = {
  image: 'Picture', audio: 'Sound', video: 'Video', html: 'HTML page', table: 'Table', 'incremental-table': 'Table',
  object3D: '3D object', molecule: 'Molecule', plotly: 'Plotly figure', bokeh: 'Bokeh figure', graph: 'Graph',
};
/** Larger files are loaded when the user asks for them. */
const MAX_UNASKED_BYTES = 16 * 2 ** 20;
/** Pictures with fewer pixels on a side are drawn as pixels, not blurred. */
export const MAX_PIXELATED = 200;
const MISSING = 'This file is not available.';

export function formOf({ kind, path }: MediaFile): MediaForm {
  if (kind === 'video' && path.toLowerCase().endsWith('.gif')) return 'picture';
  return FORMS[kind] ?? 'other';
}

/** What a file is called where its caption is missing. */
export function nameOf(file: MediaFile): string {
  return NAMES[file.kind] ?? file.kind;
}

/** One file with its caption. Its content is loaded when it is shown, and replaced without a gap by the next one. */
export class MediaItem {
  readonly element: HTMLElement;
  private readonly body = h('div', { class: 'wnb-media-body' });
  private readonly caption = h('figcaption', {});
  private file: MediaFile | null = null;
  private used: string | null = null;

  /** `enlarge` opens a picture; `label` describes a file without a caption. */
  constructor(readonly form: MediaForm, private readonly files: MediaFiles, private readonly label: string, private readonly enlarge: () => void) {
    this.element = h('figure', { class: 'wnb-media-item' }, this.body, this.caption);
  }

  show(file: MediaFile): void {
    if (file.path === this.file?.path && file.caption === this.file.caption) return;
    this.file = file;
    setText(this.caption, file.caption);
    this.caption.hidden = file.caption === '';
    if (this.form === 'other') this.body.replaceChildren(note(describe(file)));
    else if ((file.size ?? 0) > MAX_UNASKED_BYTES) this.body.replaceChildren(this.loadButton(file));
    else void this.load(file);
  }

  destroy(): void {
    this.file = null;
    this.release();
    this.element.remove();
  }

  private loadButton(file: MediaFile): HTMLElement {
    return h('button', { class: 'wnb-toggle', type: 'button', onclick: () => void this.load(file) }, `Load ${describe(file)}`);
  }

  /** Load a file and put it into the place of the previous one, unless another one is shown meanwhile. */
  private async load(file: MediaFile): Promise<void> {
    try {
      if (this.form === 'page' || this.form === 'table') await this.showDocument(file);
      else await this.showUrl(file);
    } catch {
      if (this.file === file) this.body.replaceChildren(note(`${describe(file)}: ${MISSING}`));
    }
  }

  private async showDocument(file: MediaFile): Promise<void> {
    const text = await this.files.text(file.path);
    if (this.file === file) this.body.replaceChildren(this.form === 'page' ? htmlFrame(text, this.text(file)) : tableElement(text, this.text(file)));
  }

  private async showUrl(file: MediaFile): Promise<void> {
    this.release(); // a picture stays drawn without its URL, and one that is still waiting need not be loaded
    this.used = file.path;
    const url = await this.files.use(file.path);
    if (this.file === file) this.draw(url, file);
  }

  private draw(url: string, file: MediaFile): void {
    const media = this.body.querySelector<HTMLImageElement | HTMLMediaElement>('img, audio, video') ?? this.create();
    media.src = url;
    if (media instanceof HTMLImageElement) media.alt = this.text(file);
    else media.setAttribute('aria-label', this.text(file));
  }

  private create(): HTMLImageElement | HTMLMediaElement {
    if (this.form === 'sound' || this.form === 'video') {
      const player = h(this.form === 'sound' ? 'audio' : 'video', { controls: true, preload: 'metadata' });
      this.body.replaceChildren(player);
      return player;
    }
    const picture = h('img', { onload: () => picture.toggleAttribute('data-pixelated', Math.max(picture.naturalWidth, picture.naturalHeight) < MAX_PIXELATED) });
    this.body.replaceChildren(h('button', { class: 'wnb-media-picture', type: 'button', title: 'Enlarge', onclick: this.enlarge }, picture));
    return picture;
  }

  private text(file: MediaFile): string {
    return file.caption || `${nameOf(file)} ${this.label}`;
  }

  private release(): void {
    if (this.used !== null) this.files.release(this.used);
    this.used = null;
  }
}

function note(text: string): HTMLElement {
  return h('p', { class: 'wnb-quiet' }, text);
}

/** Type, name and size of a file. */
export function describe(file: MediaFile): string {
  const size = file.size === null ? '' : ` (${formatBytes(file.size)})`;
  return `${nameOf(file)} ${file.path.slice(file.path.lastIndexOf('/') + 1)}${size}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${['B', 'kB', 'MB', 'GB'][power]}`;
}
