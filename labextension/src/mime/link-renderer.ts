import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Widget } from '@lumino/widgets';
import type { MountedLink } from '../view/link-view';
import { focusView, linkText, mountLink } from '../view/link-view';
import { showFailure } from '../view/view-root';
import { linkFromSaved } from '../wire/decode';
import type { SavedLink } from '../wire/messages';
import { LINK_MIME_TYPE, MIME_TYPE } from '../wire/messages';
import { ComparisonRenderer } from './comparison-renderer';
import { notebookRegistry } from './notebook-registry';
import { RunRenderer } from './run-renderer';

const MAX_FRAMES = 30;

/** Draws the line under a later cell of a run, and replaces it by the charts on request. */
export class LinkRenderer extends Widget implements IRenderMime.IRenderer {
  private mounted: MountedLink | null = null;
  private stopWatching: (() => void) | null = null;
  private drawn: (Widget & IRenderMime.IRenderer) | null = null;

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.drawn !== null) return; // the charts stay
    try {
      const { link, ids } = linkFromSaved(model.data[LINK_MIME_TYPE]);
      const show = (): void => this.replaceLine(link, model);
      const jump = (): void => {
        if (notebookRegistry.contextOf(this.node)?.reveal(ids) !== true) show();
      };
      const text = (): string => {
        const notebook = notebookRegistry.contextOf(this.node);
        return notebook === null ? link.text : linkText(link.text, notebook.locate(ids, this.node));
      };
      this.mounted?.destroy();
      this.mounted = mountLink(this.node, text, { jump, show });
    } catch (error) {
      showFailure(this.node, error);
    }
  }

  protected override onAfterAttach(): void {
    this.stopWatching?.();
    this.stopWatching = notebookRegistry.contextOf(this.node)?.watchCells(() => this.mounted?.changed()) ?? null;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.stopWatching?.();
    this.mounted?.destroy();
    this.drawn?.dispose();
    super.dispose();
  }

  /** Replace the line in the notebook, so that the charts are saved; in a notebook that others edit, only on this page. */
  private replaceLine(link: SavedLink, model: IRenderMime.IMimeModel): void {
    const place = placeOf(this.node);
    if (notebookRegistry.contextOf(this.node)?.mayWrite() === true) {
      const line = { 'text/html': model.data['text/html'] ?? '', 'text/plain': model.data['text/plain'] ?? link.text };
      model.setData({ data: { ...line, ...link.view } as IRenderMime.IMimeModel['data'] });
    } else {
      this.drawHere(link, model);
    }
    focusViewAt(place);
  }

  private drawHere(link: SavedLink, model: IRenderMime.IMimeModel): void {
    this.mounted?.destroy();
    this.mounted = null;
    this.drawn = MIME_TYPE in link.view ? new RunRenderer() : new ComparisonRenderer();
    Widget.attach(this.drawn, this.node);
    void this.drawn.renderModel({ ...model, data: link.view as IRenderMime.IMimeModel['data'], setData: () => undefined });
  }
}

/** Finds what is in the place of an element, even after the page has replaced it. */
function placeOf(node: HTMLElement): () => Element {
  const child = node.closest('.jp-OutputArea-child');
  const area = child?.parentElement;
  if (!child || !area) return () => node;
  const index = [...area.children].indexOf(child);
  return () => area.children[index] ?? area;
}

/** The charts appear within a few frames; the focus was on the button that they replace. */
function focusViewAt(place: () => Element, frames = MAX_FRAMES): void {
  const view = place().querySelector<HTMLElement>('.wnb[data-runs]');
  if (view !== null) focusView(view);
  else if (frames > 0) requestAnimationFrame(() => focusViewAt(place, frames - 1));
}
