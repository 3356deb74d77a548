// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { boxElements, parseBoxes } from '../src/media/layers/box-marks';
import { classColour } from '../src/media/layers/class-colours';
import { LayerChoices } from '../src/media/layers/layer-choices';
import { LayerLegend } from '../src/media/layers/layer-legend';
import type { MediaLayer } from '../src/wire/messages';

const HOSTILE = '<img src=x onerror=window.harmed=1>';
const BOXES: MediaLayer = { kind: 'boxes', name: 'found', path: 'media/metadata/boxes2D/a.boxes2D.json' };
const MASK: MediaLayer = { kind: 'mask', name: 'truth', path: 'media/images/mask/a.mask.png' };
const parts = { minX: 0.25, maxX: 0.75, minY: 0.1, maxY: 0.2 };
const json = (...boxes: unknown[]): string => JSON.stringify({ box_data: boxes, class_labels: { 1: 'cat', 2: HOSTILE } });

describe('boxes', () => {
  it('are read in both forms, and malformed ones are left out', () => {
    const pixels = { position: { middle: [5, 4], width: 4, height: 2 }, domain: 'pixel', class_id: 2, scores: { iou: 0.5, bad: 'x' } };
    const { boxes, labels } = parseBoxes(json({ position: parts, class_id: 1, box_caption: 'c' }, pixels, null, 5, { class_id: 1 }, { position: parts }, { position: { ...parts, minX: null, maxX: 'x' }, class_id: 1 }));
    expect(boxes).toEqual([
      { left: 0.25, top: 0.1, width: 0.5, height: 0.1, pixels: false, classId: 1, caption: 'c', scores: {} },
      { left: 3, top: 3, width: 4, height: 2, pixels: true, classId: 2, caption: '', scores: { iou: 0.5 } },
    ]);
    expect(labels).toEqual({ 1: 'cat', 2: HOSTILE });
    expect([parseBoxes('null').boxes, parseBoxes('{"box_data": 5, "class_labels": 7}').boxes]).toEqual([[], []]);
  });

  it('are placed in parts of the picture, with their labels as texts, and follow classes and scores', () => {
    const choices = new LayerChoices();
    const set = parseBoxes(json({ position: parts, class_id: 2, scores: { iou: 0.4 } }, { position: { middle: [5, 4], width: 4, height: 2 }, domain: 'pixel', class_id: 1 }));
    choices.add(BOXES, { classes: [1, 2], labels: set.labels, scores: set.boxes.map(({ scores }) => scores) });
    const draw = (): HTMLElement[] => boxElements(set, { width: 10, height: 8 }, BOXES, choices);
    expect(draw().map(({ style, textContent }) => [style.left, style.top, style.width, style.height, textContent])).toEqual([
      ['25%', '10%', '50%', '10%', `${HOSTILE} 0.4`], ['30%', '37.5%', '40%', '25%', 'cat'],
    ]);
    choices.setMinScore(BOXES, 'iou', 0.5);
    expect(draw().map(({ textContent }) => textContent)).toEqual(['cat']);
    choices.toggleClass(BOXES, 1);
    expect(draw()).toEqual([]);
  });
});

describe('classes', () => {
  it('have colours of their own, and the background is not drawn unless it is wanted', () => {
    const colours = Array.from({ length: 40 }, (_, id) => classColour(id + 1).join(' '));
    expect(new Set(colours).size).toBe(40);
    const choices = new LayerChoices();
    choices.label([{ kind: 'mask', name: 'truth', labels: { 1: 'road', 7: 'Background' } }]);
    choices.add(MASK, { classes: [0, 1, 7] });
    expect([0, 1, 7].map((id) => choices.isClassDrawn(MASK, id))).toEqual([false, true, false]);
    choices.toggleClass(MASK, 0);
    expect([choices.isClassDrawn(MASK, 0), choices.isClassDrawn(BOXES, 0)]).toEqual([true, true]);
  });

  it('and layers are switched in the legend, whose names are texts', () => {
    const choices = new LayerChoices();
    const legend = new LayerLegend('a', choices);
    choices.listen(() => legend.update());
    legend.update();
    expect(legend.element.hidden).toBe(true);
    choices.add(BOXES, { classes: [2, 1], labels: { 1: 'cat', 2: HOSTILE }, scores: [{ iou: 0.2 }, { iou: 0.9 }] });
    const [layer, cat, other] = [...legend.element.querySelectorAll('button')];
    expect([layer, cat, other].map((one) => [one!.textContent, one!.getAttribute('aria-pressed')])).toEqual([['Boxes found', 'true'], ['cat', 'true'], [HOSTILE, 'true']]);
    expect([legend.element.querySelector('img'), legend.element.querySelector('input')!.max]).toEqual([null, '0.9']);
    cat!.click();
    layer!.click();
    expect([cat, layer].map((one) => one!.getAttribute('aria-pressed'))).toEqual(['false', 'false']);
    expect([choices.isDrawn(BOXES), choices.isClassDrawn(BOXES, 1), choices.isDrawn(MASK)]).toEqual([false, false, true]);
  });
});
