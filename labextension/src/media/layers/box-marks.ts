import { formatNumber } from '../../model/format';
import { h } from '../../view/dom';
import type { MediaLayer } from '../../wire/messages';
import type { MediaFiles } from '../media-files';
import { classColour, css } from './class-colours';
import type { LayerChoices } from './layer-choices';

const MAX_BOXES = 1_000;
const MAX_NAME = 100;

/** One box; its edges are in parts of the picture, or in pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  pixels: boolean;
  classId: number;
  caption: string;
  scores: Record<string, number>;
}

/** The boxes of one picture, and the names of their classes as far as the file has them. */
export interface BoxSet {
  boxes: Box[];
  labels: Record<string, string>;
}

export async function loadBoxes(files: MediaFiles, path: string): Promise<BoxSet> {
  return parseBoxes(await files.text(path));
}

/** Read a file of boxes; what is malformed is left out, since anybody may have made it. */
export function parseBoxes(json: string): BoxSet {
  const { box_data: listed, class_labels: labels } = (JSON.parse(json) ?? {}) as { box_data?: unknown; class_labels?: unknown };
  const boxes = (Array.isArray(listed) ? listed : []).slice(0, MAX_BOXES).map(parseBox).filter((box) => box !== null);
  const named = Object.entries(typeof labels === 'object' && labels !== null ? labels : {});
  return { boxes, labels: Object.fromEntries(named.map(([id, label]) => [id, String(label).slice(0, MAX_NAME)])) };
}

function parseBox(value: unknown): Box | null {
  const { position, class_id: classId, domain, box_caption: caption, scores } = (value ?? {}) as Record<string, unknown>;
  const edges = edgesOf((position ?? {}) as Record<string, unknown>);
  if (edges === null || typeof classId !== 'number') return null;
  const numbers = Object.entries((scores ?? {}) as Record<string, unknown>).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return {
    ...edges, classId, pixels: domain === 'pixel', caption: typeof caption === 'string' ? caption.slice(0, MAX_NAME) : '', scores: Object.fromEntries(numbers),
  };
}

function edgesOf(position: Record<string, unknown>): Pick<Box, 'left' | 'top' | 'width' | 'height'> | null {
  const middle = Array.isArray(position.middle) ? (position.middle as unknown[]) : [];
  const [x1, x2, y1, y2] = [position.minX, position.maxX, position.minY, position.maxY].map(Number) as [number, number, number, number];
  const [x, y, width, height] = [middle[0], middle[1], position.width, position.height].map(Number) as [number, number, number, number];
  const corners = { left: Math.min(x1, x2), top: Math.min(y1, y2), width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) };
  const centred = { left: x - width / 2, top: y - height / 2, width, height };
  return [corners, centred].find((edges) => Object.values(edges).every(Number.isFinite)) ?? null;
}

/** An element for each box that is switched on, placed by parts of a picture with this size in pixels. */
export function boxElements({ boxes }: BoxSet, size: { width: number; height: number }, layer: MediaLayer, choices: LayerChoices): HTMLElement[] {
  const drawn = boxes.filter((box) => choices.isClassDrawn(layer, box.classId) && choices.isAbove(layer, box.scores));
  return drawn.map((box) => {
    const element = h('div', { class: 'wnb-box' }, h('span', { class: 'wnb-box-label' }, boxText(box, layer, choices)));
    const [width, height] = box.pixels ? [size.width, size.height] : [1, 1];
    const percent = (part: number, whole: number): string => `${(100 * part) / Math.max(1e-9, whole)}%`;
    Object.assign(element.style, {
      left: percent(box.left, width), top: percent(box.top, height), width: percent(box.width, width), height: percent(box.height, height),
    });
    element.style.setProperty('--wnb-class', css(classColour(box.classId)));
    element.toggleAttribute('data-top', box.top / height < 0.08);
    return element;
  });
}

/** Caption, else class, and scores of a box. */
function boxText(box: Box, layer: MediaLayer, choices: LayerChoices): string {
  const scores = Object.values(box.scores).map((score) => formatNumber(Number(score.toPrecision(3))));
  return [box.caption || choices.nameOf(layer, box.classId), ...scores].join(' ');
}
