import { formatNumber } from '../../model/format';
import { h } from '../../view/dom';
import type { MediaLayer } from '../../wire/messages';
import { classColour, css } from './class-colours';
import type { LayerChoices, LayerFacts } from './layer-choices';

const KIND_NAMES = { mask: 'Mask', boxes: 'Boxes' };
const SCORE_STEPS = 100;

/** Buttons that switch the layers and classes of a metric's pictures, and sliders for the scores of boxes. */
export class LayerLegend {
  readonly element = h('div', { class: 'wnb-layers', role: 'group', hidden: true });
  private drawn = '';

  constructor(title: string, private readonly choices: LayerChoices) {
    this.element.setAttribute('aria-label', `Masks and boxes of ${title}`);
  }

  update(): void {
    const layers = [...this.choices.layers.values()].filter(({ classes }) => classes.size > 0);
    this.element.hidden = layers.length === 0;
    const structure = JSON.stringify(layers.map(({ key, classes, scores, labels }) => [key, [...classes], [...scores], [...labels]]));
    if (structure !== this.drawn) this.element.replaceChildren(...layers.map((layer) => this.layer(layer)));
    this.drawn = structure;
    for (const button of this.element.querySelectorAll<HTMLElement>('[data-layer]')) this.updatePressed(button);
  }

  private layer(facts: LayerFacts): HTMLElement {
    const layer: MediaLayer = { kind: facts.kind, name: facts.name, path: '' };
    const name = `${KIND_NAMES[facts.kind]} ${facts.name}`;
    const ids = [...facts.classes].sort((a, b) => a - b);
    return h('div', { class: 'wnb-layer' },
      h('button', { class: 'wnb-layer-name', type: 'button', 'data-layer': facts.key, onclick: () => this.choices.toggle(layer) }, name),
      ...ids.map((id) => this.classButton(layer, facts.key, id)),
      ...[...facts.scores].map(([score, range]) => this.scoreSlider(layer, score, range)));
  }

  private classButton(layer: MediaLayer, key: string, id: number): HTMLElement {
    const mark = h('span', { class: 'wnb-class-mark', 'aria-hidden': 'true' });
    mark.style.background = css(classColour(id));
    const name = this.choices.nameOf(layer, id);
    return h('button', {
      class: 'wnb-class', type: 'button', 'data-layer': key, 'data-class': id, title: `${name} (class ${id})`, onclick: () => this.choices.toggleClass(layer, id),
    }, mark, h('span', { class: 'wnb-name' }, name));
  }

  private scoreSlider(layer: MediaLayer, name: string, [low, high]: [number, number]): HTMLElement {
    const value = Math.max(low, this.choices.minScore(layer, name));
    const output = h('output', {}, scoreText(value));
    const slider = h('input', {
      type: 'range', min: low, max: high, step: (high - low) / SCORE_STEPS || 1, 'aria-label': `Lowest ${name} of ${layer.name}`,
      oninput: () => {
        output.textContent = scoreText(Number(slider.value));
        this.choices.setMinScore(layer, name, Number(slider.value) <= low ? -Infinity : Number(slider.value));
      },
    });
    slider.value = String(value);
    return h('label', { class: 'wnb-layer-score' }, `${name} ≥ `, slider, output);
  }

  private updatePressed(button: HTMLElement): void {
    const facts = this.choices.layers.get(button.dataset.layer!);
    if (facts === undefined) return;
    const layer: MediaLayer = { kind: facts.kind, name: facts.name, path: '' };
    const pressed = button.dataset.class === undefined ? this.choices.isDrawn(layer) : this.choices.isClassDrawn(layer, Number(button.dataset.class));
    button.setAttribute('aria-pressed', String(pressed));
  }
}

function scoreText(score: number): string {
  return formatNumber(Number(score.toPrecision(3)));
}
