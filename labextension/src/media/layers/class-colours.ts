/** Red, green and blue from 0 to 255. */
export type Rgb = readonly [number, number, number];

/** Colours that stand out on photographs and from one another; further classes get hues between them. */
const COLOURS: readonly Rgb[] = [
  [228, 87, 86], [58, 134, 255], [46, 184, 92], [255, 176, 0], [155, 93, 229], [0, 187, 212],
  [255, 112, 166], [140, 190, 40], [255, 127, 80], [90, 110, 160], [190, 140, 90], [0, 150, 136],
];
const GOLDEN_ANGLE = 137.508;

/** The colour of a class, the same in every picture. */
export function classColour(id: number): Rgb {
  const place = Math.max(0, Math.floor(id) - 1); // ids usually begin at 1: 0 is the background
  return COLOURS[place] ?? fromHue((place * GOLDEN_ANGLE) % 360);
}

export function css([r, g, b]: Rgb, alpha = 1): string {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}

function fromHue(hue: number): Rgb {
  const part = (offset: number): number => {
    const k = (offset + hue / 30) % 12;
    return Math.round(255 * (0.55 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [part(0), part(8), part(4)];
}
