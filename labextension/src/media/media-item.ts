import { h, setText } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { ContentContext, MediaContent } from './media-content';
import { createContent, downloadButton } from './media-content';
import type { MediaForm } from './media-kinds';
import { describe, nameOf } from './media-kinds';

/** Larger files are loaded when the user asks for them. */
const MAX_UNASKED_BYTES = 16 * 2 ** 20;
const UNREADABLE = 'This file cannot be drawn here.';
const MISSING = 'This file is not available.';

/** One file with its caption. Its content is loaded when it is in sight, and replaced without a gap by the next one. */
export class MediaItem {
  readonly element: HTMLElement;
  private readonly body = h('div', { class: 'wnb-media-body' });
  private readonly caption = h('figcaption', {});
  private readonly content: MediaContent;
  private file: MediaFile | null = null;
  private inSight = false;
  private loaded: string | null = null;

  /** What opens a picture in a larger view; null for other forms. */
  readonly control: HTMLElement | null;

  /** `label` describes a file without a caption. */
  constructor(readonly form: MediaForm, private readonly context: ContentContext, private readonly label: string) {
    this.content = createContent(form, context);
    this.control = form === 'picture' ? this.content.element : null;
    this.element = h('figure', { class: 'wnb-media-item', 'data-form': form }, this.body, this.caption);
  }

  show(file: MediaFile): void {
    if (file.path === this.file?.path && file.caption === this.file.caption) return;
    this.file = file;
    setText(this.caption, file.caption);
    this.caption.hidden = file.caption === '';
    if (this.inSight) this.load();
  }

  /** Whether the user can see it: only then its file is loaded. */
  set visible(visible: boolean) {
    if (visible === this.inSight) return;
    this.inSight = visible;
    if (visible) this.load();
    else if (this.content.hide) {
      this.content.hide();
      this.loaded = null;
    }
  }

  /** Draw the content again, for another theme. */
  restyle(): void {
    this.content.restyle?.();
  }

  destroy(): void {
    this.file = null;
    this.content.destroy();
    this.element.remove();
  }

  private load(): void {
    const { file } = this;
    if (file === null || `${file.path}\n${file.caption}` === this.loaded) return;
    this.loaded = `${file.path}\n${file.caption}`;
    if (this.form !== 'other' && (file.size ?? 0) > MAX_UNASKED_BYTES) this.body.replaceChildren(this.loadButton(file));
    else void this.fill(file);
  }

  private loadButton(file: MediaFile): HTMLElement {
    return h('button', { class: 'wnb-toggle', type: 'button', onclick: () => void this.fill(file) }, `Load ${describe(file)}`);
  }

  /** Load a file and put it into the place of the previous one, unless another one is shown meanwhile. */
  private async fill(file: MediaFile): Promise<void> {
    try {
      if (this.body.childElementCount === 0) this.body.append(this.content.element); // its place is there before it is
      await this.content.show(file, file.caption || `${nameOf(file)} ${this.label}`);
      if (this.file === file && !this.body.contains(this.content.element)) this.body.replaceChildren(this.content.element);
    } catch {
      if (this.file !== file || !this.inSight) return;
      this.loaded = null;
      await this.showFailure(file);
    }
  }

  /** Tell a file that is missing, whose saved picture may be there, from one that cannot be drawn but saved. */
  private async showFailure(file: MediaFile): Promise<void> {
    const { files } = this.context;
    const available = await files.content(file.path).then(() => true, () => false);
    if (this.file !== file) return;
    const picture = available ? null : files.pictureOf(file.path);
    const shown = picture === null ? [] : [h('img', { src: picture, alt: file.caption || `${nameOf(file)} ${this.label}` })];
    const note = h('p', { class: 'wnb-quiet' }, `${describe(file)}: ${available ? UNREADABLE : MISSING}`);
    this.body.replaceChildren(...shown, note, ...(available ? [downloadButton(file, files)] : []));
  }
}
