import { download } from '../view/download';
import { h } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { LayerChoices } from './layers/layer-choices';
import { PictureStack } from './layers/picture-stack';
import { pageElement } from '../vega/page-element';
import { tableElement } from './media-documents';
import type { MediaFiles } from './media-files';
import type { MediaForm } from './media-kinds';
import { describe, fileName } from './media-kinds';
import { FigureContent } from './figure/figure-content';
import { SolidContent } from './solid-content';
import { SoundContent } from './sound/sound-content';

/** The content of one item. It shows one file after another in one place, without a gap. */
export interface MediaContent {
  readonly element: HTMLElement;
  /** Show a file; `text` describes it. Rejects if it is not available, or not what it should be. */
  show(file: MediaFile, text: string): Promise<void>;
  /** Free what is out of sight. */
  hide?(): void;
  /** Draw again, for another theme. */
  restyle?(): void;
  destroy(): void;
}

/** What contents need. */
export interface ContentContext {
  files: MediaFiles;
  choices: LayerChoices;
  /** Open a picture in a larger view. */
  enlarge(): void;
}

export function createContent(form: MediaForm, context: ContentContext): MediaContent {
  if (form === 'picture') return new PictureContent(context);
  if (form === 'sound') return new SoundContent(context.files);
  if (form === 'video') return new VideoContent(context.files);
  if (form === 'solid') return new SolidContent(context.files);
  if (form === 'figure') return new FigureContent(context.files);
  if (form === 'page') return new DocumentContent(context.files, pageElement);
  if (form === 'table') return new DocumentContent(context.files, tableElement);
  return new FileContent(context.files);
}

/** A picture; a click enlarges it. */
class PictureContent implements MediaContent {
  readonly element: HTMLElement;
  private readonly stack: PictureStack;

  constructor({ files, choices, enlarge }: ContentContext) {
    this.stack = new PictureStack(files, choices);
    this.element = h('button', { class: 'wnb-media-picture', type: 'button', title: 'Enlarge', onclick: enlarge }, this.stack.element);
  }

  show(file: MediaFile, text: string): Promise<void> {
    return this.stack.show(file, text);
  }

  hide(): void {
    this.stack.hide();
  }

  destroy(): void {
    this.stack.destroy();
  }
}

/** A video in the browser's player. */
class VideoContent implements MediaContent {
  readonly element = h('video', { controls: true, preload: 'metadata', playsinline: true });
  private used: string | null = null;

  constructor(private readonly files: MediaFiles) {}

  async show({ path }: MediaFile, text: string): Promise<void> {
    this.release();
    this.used = path;
    const url = await this.files.use(path);
    if (this.used !== path) return;
    this.element.src = url;
    this.element.setAttribute('aria-label', text);
  }

  destroy(): void {
    this.release();
    this.element.pause();
  }

  private release(): void {
    if (this.used !== null) this.files.release(this.used);
    this.used = null;
  }
}

/** A page or a table, made anew for each file. */
class DocumentContent implements MediaContent {
  readonly element = h('div', { class: 'wnb-media-document' });
  private path = '';

  constructor(private readonly files: MediaFiles, private readonly create: (text: string, title: string) => HTMLElement) {}

  async show({ path }: MediaFile, text: string): Promise<void> {
    this.path = path;
    const content = await this.files.text(path);
    if (this.path === path) this.element.replaceChildren(this.create(content, text));
  }

  destroy(): void {
    this.path = '';
  }
}

/** The name of a file, and a button that saves it. */
class FileContent implements MediaContent {
  readonly element = h('p', { class: 'wnb-quiet' });

  constructor(private readonly files: MediaFiles) {}

  async show(file: MediaFile): Promise<void> {
    this.element.replaceChildren(h('span', {}, describe(file)), ' ', downloadButton(file, this.files));
  }

  destroy(): void {
    // Nothing is held.
  }
}

/** A button that saves a file. */
export function downloadButton(file: MediaFile, files: MediaFiles): HTMLElement {
  const save = async (): Promise<void> => download(await files.content(file.path), fileName(file));
  const button = h('button', { class: 'wnb-toggle', type: 'button', onclick: () => void save().catch(() => (button.textContent = 'This file is not available.')) }, 'Download');
  return button;
}
