import { formatNumber } from '../../model/format';
import type { Rgb } from '../layers/class-colours';
import type { Scene } from './scene';
import { emptyScene } from './scene';

export const MAX_TRIANGLES = 400_000;
export const GREY: Rgb = [150, 165, 190];
const STL_HEADER = 84;
const STL_TRIANGLE = 50;

/** A scene of triangles, in one colour or with one for each. Throws if there are none or too many. */
export function meshScene(positions: Float32Array, triangles: Uint32Array, colours?: Uint8Array): Scene {
  const count = triangles.length / 3;
  if (count === 0) throw new Error('This file has no triangles.');
  if (count > MAX_TRIANGLES) throw new Error('This mesh is too large.');
  if (triangles.some((place) => 3 * place + 2 >= positions.length)) throw new Error('This mesh has corners without positions.');
  const filled = colours ?? Uint8Array.from({ length: triangles.length }, (_, i) => GREY[i % 3]!);
  return { ...emptyScene(positions, 'y'), triangles, triangleColours: filled, text: `${formatNumber(count)} triangles` };
}

/** Read a Wavefront OBJ: its vertices and faces; materials and textures are left out. */
export function objMesh(text: string): Scene {
  const positions: number[] = [];
  const triangles: number[] = [];
  for (const line of text.split('\n')) {
    const [kind, ...words] = line.trim().split(/\s+/);
    if (kind === 'v') positions.push(...words.slice(0, 3).map(Number));
    if (kind !== 'f') continue;
    const corners = words.map((word) => parseInt(word, 10)).map((place) => (place < 0 ? positions.length / 3 + place : place - 1));
    for (let i = 2; i < corners.length; i++) triangles.push(corners[0]!, corners[i - 1]!, corners[i]!);
    if (triangles.length > 3 * MAX_TRIANGLES) throw new Error('This mesh is too large.');
  }
  return meshScene(Float32Array.from(positions), Uint32Array.from(triangles));
}

/** Read an STL, binary or text. */
export function stlMesh(bytes: ArrayBuffer): Scene {
  const view = new DataView(bytes);
  const count = bytes.byteLength >= STL_HEADER ? view.getUint32(80, true) : 0;
  const binary = count > 0 && bytes.byteLength >= STL_HEADER + count * STL_TRIANGLE;
  const positions = binary ? binaryCorners(view, Math.min(count, MAX_TRIANGLES + 1)) : textCorners(new TextDecoder().decode(bytes));
  return { ...meshScene(positions, Uint32Array.from({ length: positions.length / 3 }, (_, i) => i)), up: 'z' };
}

function binaryCorners(view: DataView, count: number): Float32Array {
  const positions = new Float32Array(9 * count);
  for (let i = 0; i < positions.length; i++) positions[i] = view.getFloat32(STL_HEADER + Math.floor(i / 9) * STL_TRIANGLE + 12 + 4 * (i % 9), true);
  return positions;
}

function textCorners(text: string): Float32Array {
  const corners = [...text.matchAll(/vertex\s+(\S+)\s+(\S+)\s+(\S+)/g)].flatMap(([, x, y, z]) => [Number(x), Number(y), Number(z)]);
  return Float32Array.from(corners.slice(0, 9 * Math.floor(corners.length / 9)));
}
