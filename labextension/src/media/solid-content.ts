import { h } from '../view/dom';
import type { MediaFile } from '../wire/messages';
import type { MediaContent } from './media-content';
import type { MediaFiles } from './media-files';
import { fileName } from './media-kinds';
import type { SolidView } from './solid/solid-view';

/** A 3D object or molecule. What draws it is loaded with the first one. */
export class SolidContent implements MediaContent {
  readonly element = h('div', { class: 'wnb-media-solid' });
  private view: SolidView | null = null;
  private path = '';

  constructor(private readonly files: MediaFiles) {}

  async show(file: MediaFile, text: string): Promise<void> {
    this.path = file.path;
    const [{ readScene, SolidView }, bytes] = await Promise.all([import('./solid/solid-view'), this.files.bytes(file.path)]);
    if (this.path !== file.path) return;
    const scene = readScene(bytes, fileName(file));
    if (this.view === null) {
      this.view = new SolidView();
      this.element.append(this.view.element);
    }
    this.view.show(scene, text);
  }

  restyle(): void {
    this.view?.restyle();
  }

  destroy(): void {
    this.path = '';
    this.view?.destroy();
  }
}
