import { PALETTES } from '../../chart/palette';
import { PlotSurface } from '../../plots/plot-surface';
import { PlotLegend } from '../../plots/plot-legend';
import { svgElement } from '../../plots/draw-plot';
import { h, setText } from '../../view/dom';
import { themeOf } from '../../view/theme';
import type { MediaFile } from '../../wire/messages';
import type { MediaContent } from '../media-content';
import type { MediaFiles } from '../media-files';
import { heatMarkup } from './heat-figure';
import { interactiveFigures } from './interactive-figures';
import { offlineFigure } from './offline-figure';
import type { DrawnFigure } from './plotly-data';
import { readFigure } from './plotly-data';

const MIN_HEIGHT_PX = 110;

/** A Plotly figure as our own chart; with a button for the host's renderer, if it has one. */
export class FigureContent implements MediaContent {
  readonly element: HTMLElement;
  private readonly title = h('span', { class: 'wnb-name' });
  private readonly cursor = h('span', { class: 'wnb-where' });
  private readonly note = h('p', { class: 'wnb-quiet', hidden: true });
  private readonly button: HTMLButtonElement;
  private readonly plotHost = h('div', { class: 'wnb-figure-plot' });
  private readonly surface: PlotSurface;
  private readonly heat = h('div', { role: 'img', hidden: true });
  private readonly legend: PlotLegend;
  private readonly hidden = new Set<string>();
  private readonly resized: ResizeObserver;
  private figure: DrawnFigure | null = null;
  private json = '';
  private path = '';

  constructor(private readonly files: MediaFiles) {
    this.surface = new PlotSurface('of Plotly', (text) => setText(this.cursor, text), () => undefined, () => undefined);
    this.legend = new PlotLegend(this.hidden, () => this.draw());
    this.button = h('button', { class: 'wnb-toggle', type: 'button', hidden: true, onclick: () => void this.openInteractive() }, 'Interactive');
    this.plotHost.append(this.surface.element, this.heat);
    this.element = h('div', { class: 'wnb-media-figure' }, h('div', { class: 'wnb-figure-head' }, this.title, this.cursor, this.button), this.legend.element, this.plotHost, this.note);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.plotHost);
  }

  async show({ path }: MediaFile, text: string): Promise<void> {
    this.path = path;
    const json = await this.files.text(path);
    if (this.path !== path) return;
    this.json = json;
    this.figure = readFigure(json);
    const { title, note, drawing } = this.figure;
    setText(this.title, title);
    setText(this.note, drawing === null ? 'This figure has no part that is drawn here.' : note);
    this.note.hidden = this.note.textContent === '';
    this.surface.element.setAttribute('aria-label', `Cursor in ${title || text}`);
    this.heat.setAttribute('aria-label', title || text);
    this.button.hidden = interactiveFigures.renderer?.isAvailable() !== true;
    this.draw();
  }

  restyle(): void {
    this.draw();
  }

  destroy(): void {
    this.path = '';
    this.resized.disconnect();
  }

  private draw(): void {
    const { figure, plotHost } = this;
    const [width, height] = [plotHost.clientWidth, Math.max(MIN_HEIGHT_PX, plotHost.clientHeight)];
    if (!figure?.drawing || width === 0) return;
    const { drawing } = figure;
    const palette = PALETTES[themeOf(this.element)];
    this.heat.hidden = drawing.kind !== 'heat';
    this.surface.element.hidden = this.legend.element.hidden = drawing.kind === 'heat';
    if (drawing.kind === 'heat') {
      const svg = svgElement(heatMarkup(drawing, width, height, palette), width, height);
      this.heat.replaceChildren(document.importNode(new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, true));
      return;
    }
    this.legend.update(drawing, palette);
    const hidden = new Set(drawing.series.flatMap(({ name }, i) => (this.hidden.has(name) ? [i] : [])));
    this.surface.draw(drawing, { width, height, palette, log: false, hidden });
  }

  /** Draw the figure by the host's renderer in a dialog, only when the user asks: it runs the host's code on foreign data, of which nothing is loaded from servers. */
  private async openInteractive(): Promise<void> {
    const { renderer } = interactiveFigures;
    if (renderer === null) return;
    const host = h('div', { class: 'wnb-figure-host' });
    const close = h('button', { type: 'button', class: 'wnb-toggle', onclick: () => dialog.close() }, 'Close');
    const dialog = h('dialog', { class: 'wnb-enlarged wnb-media-enlarged', 'aria-label': this.title.textContent || 'Figure' }, h('div', { class: 'wnb-viewer-bar' }, close), host);
    let remove = (): void => undefined;
    dialog.addEventListener('keydown', (event) => event.stopPropagation());
    dialog.addEventListener('close', () => {
      remove();
      dialog.remove();
    });
    (this.element.closest('.wnb') ?? this.element).append(dialog);
    dialog.showModal();
    try {
      remove = await renderer.render(offlineFigure(JSON.parse(this.json)), host);
    } catch {
      host.append(h('p', {}, 'This figure could not be drawn.'));
    }
  }
}
