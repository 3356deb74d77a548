import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import { mountSavedComparison } from '../view/comparison-view';
import type { MountedView } from '../view/run-view';
import { showFailure } from '../view/view-root';
import { comparisonFromSaved } from '../wire/decode';
import { COMPARISON_MIME_TYPE } from '../wire/messages';

/** Draws a saved comparison of runs; needs neither kernel nor server. */
export class ComparisonRenderer extends Widget implements IRenderMime.IRenderer {
  private mounted: MountedView | null = null;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    this.mounted?.destroy();
    this.mounted = null;
    try {
      this.mounted = mountSavedComparison(this.node, comparisonFromSaved(model.data[COMPARISON_MIME_TYPE]));
    } catch (error) {
      showFailure(this.node, error);
    }
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.mounted?.destroy();
    super.dispose();
  }
}
