import type { Rgb } from '../layers/class-colours';

/** Ball of a molecule. */
export interface Ball {
  at: number;
  radius: number;
  colour: Rgb;
}

/** What a 3D view draws; positions are x, y, z one after another. */
export interface Scene {
  /** In words, for those who do not see it. */
  text: string;
  /** The axis that points up: that of point clouds is z, that of meshes y. */
  up: 'y' | 'z';
  positions: Float32Array;
  /** Points of a cloud: a colour for each position. */
  points: Uint8Array | null;
  /** Three places of `positions` for each triangle, and a colour for each triangle. */
  triangles: Uint32Array;
  triangleColours: Uint8Array;
  balls: Ball[];
  /** Sticks between two places, of a radius; 0 is a line. */
  sticks: { from: number; to: number; radius: number; colour: Rgb }[];
  labels: { at: number; text: string }[];
}

export function emptyScene(positions: Float32Array, up: 'y' | 'z'): Scene {
  return { text: '', up, positions, points: null, triangles: new Uint32Array(), triangleColours: new Uint8Array(), balls: [], sticks: [], labels: [] };
}

/** The middle of all positions, and the radius of a sphere around it that has them inside. */
export function boundsOf({ positions }: Scene): { centre: [number, number, number]; radius: number } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    const value = positions[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < low[i % 3]!) low[i % 3] = value;
    if (value > high[i % 3]!) high[i % 3] = value;
  }
  const centre = low.map((value, i) => (value + high[i]!) / 2 || 0) as [number, number, number];
  const radius = Math.hypot(...low.map((value, i) => (high[i]! - value) / 2 || 0)) || 1;
  return { centre, radius };
}
