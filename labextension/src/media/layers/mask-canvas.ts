import type { MediaLayer } from '../../wire/messages';
import type { MediaFiles } from '../media-files';
import { classColour } from './class-colours';
import type { LayerChoices } from './layer-choices';

const MAX_PIXELS = 2 ** 24;
const ALPHA = 140;

/** The class ids of a mask, row by row. */
export interface MaskPixels {
  width: number;
  height: number;
  ids: Uint8Array;
}

/** Read a mask, a grey PNG whose levels are class ids. Rejects if it is not a picture, or too large. */
export async function loadMask(files: MediaFiles, path: string): Promise<MaskPixels> {
  const bitmap = await createImageBitmap(await files.content(path), { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw new Error('This mask is too large.');
    const context = canvasOf(width, height).getContext('2d', { willReadFrequently: true })!;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, ids: Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]!) };
  } finally {
    bitmap.close();
  }
}

/** The class ids that occur in a mask, ascending. */
export function classesOf({ ids }: MaskPixels): number[] {
  const occurs = new Uint8Array(256);
  for (const id of ids) occurs[id] = 1;
  return [...occurs.keys()].filter((id) => occurs[id] === 1);
}

/** Draw the classes of a mask that are switched on, each in its colour. */
export function drawMask(canvas: HTMLCanvasElement, { width, height, ids }: MaskPixels, layer: MediaLayer, choices: LayerChoices): void {
  canvas.width = width;
  canvas.height = height;
  const pixels = new ImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer);
  const colours = Uint32Array.from({ length: 256 }, (_, id) => (choices.isClassDrawn(layer, id) ? word(id) : 0));
  for (let i = 0; i < ids.length; i++) words[i] = colours[ids[i]!]!;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}

/** The colour of a class as the pixel that a canvas stores. */
function word(id: number): number {
  return new Uint32Array(Uint8ClampedArray.of(...classColour(id), ALPHA).buffer)[0]!;
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}
