import shared from '../../../wandb_nb/view/palette.json';

/** The colours of a chart. The line colours are those of the saved images, brighter on a dark background. */
export interface Palette {
  ink: string;
  muted: string;
  grid: string;
  background: string;
  /** Behind every other cell. */
  band: string;
  lines: readonly string[];
  /** From the background to the strongest colour of a heat map: one hue, told apart by lightness alone. */
  heat: readonly string[];
}

export type Theme = 'light' | 'dark';

export const PALETTES: Record<Theme, Palette> = {
  light: {
    ink: '#1b1f24',
    muted: '#59636e',
    grid: '#eaedf0',
    background: '#ffffff',
    band: '#eef2f7',
    lines: shared.light,
    heat: ['#ffffff', '#d3e4f9', '#8fbcf0', '#4587dc', '#17539f', '#0a2a5c'],
  },
  dark: {
    ink: '#e8eaed',
    muted: '#a3abb5',
    grid: '#2b3036',
    background: '#16181b',
    band: '#20252c',
    lines: shared.dark,
    heat: ['#16181b', '#173255', '#1f5896', '#4a90dd', '#9cc8f7', '#eef6ff'],
  },
};

/** Dash patterns in CSS pixels, which distinguish lines besides their colour. */
export const DASHES: readonly (readonly number[])[] = shared.dashes;

export function colour(palette: Palette, style: number): string {
  return palette.lines[style % palette.lines.length]!;
}

/**
 * The dash pattern of a style: solid for the first round of colours, another one for each further round. With `always`
 * every style has its own. Either way 64 styles differ.
 */
export function dash(style: number, always = false): readonly number[] {
  const round = Math.floor(style / PALETTES.light.lines.length);
  return DASHES[(always ? style + round : round) % DASHES.length]!;
}

/** The colour at a position from 0 to 1 of the scale of heat maps. */
export function heatColour({ heat }: Palette, position: number): string {
  const at = Math.max(0, Math.min(1, position)) * (heat.length - 1);
  const [low, high] = [rgb(heat[Math.floor(at)]!), rgb(heat[Math.ceil(at)]!)];
  return `rgb(${low.map((part, i) => Math.round(part + (high[i]! - part) * (at % 1))).join(',')})`;
}

function rgb(colour: string): number[] {
  return [1, 3, 5].map((first) => parseInt(colour.slice(first, first + 2), 16));
}
