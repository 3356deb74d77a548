import { ownValue } from '../../model/own-value';
import { MAX_TRIANGLES, meshScene } from './meshes';
import type { Scene } from './scene';

const MAGIC = 0x46546c67;
const JSON_CHUNK = 0x4e4f534a;
const [MAX_DEPTH, MAX_NODES, MAX_NUMBERS] = [32, 20_000, 9 * MAX_TRIANGLES];
const COMPONENTS: Record<string, number> = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };
const READERS: Record<number, [bytes: number, read: (view: DataView, at: number) => number]> = {
  5120: [1, (view, at) => view.getInt8(at)], 5121: [1, (view, at) => view.getUint8(at)],
  5122: [2, (view, at) => view.getInt16(at, true)], 5123: [2, (view, at) => view.getUint16(at, true)],
  5125: [4, (view, at) => view.getUint32(at, true)], 5126: [4, (view, at) => view.getFloat32(at, true)],
};

/** The parts of glTF that are drawn. */
interface Gltf {
  buffers?: { uri?: string }[];
  bufferViews?: { buffer: number; byteOffset?: number; byteStride?: number }[];
  accessors?: { bufferView?: number; byteOffset?: number; componentType: number; count: number; type: string }[];
  materials?: { pbrMetallicRoughness?: { baseColorFactor?: number[] } }[];
  meshes?: { primitives?: { attributes?: Record<string, number>; indices?: number; mode?: number; material?: number }[] }[];
  nodes?: { mesh?: number; children?: number[]; matrix?: number[]; translation?: number[]; rotation?: number[]; scale?: number[] }[];
  scenes?: { nodes?: number[] }[];
  scene?: number;
}

/** A matrix of 4 by 4, column by column. */
type Matrix = number[];

const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Read a glTF, binary or JSON with its data inside: triangles in the colours of their materials, without textures. */
export function gltfMesh(bytes: ArrayBuffer): Scene {
  const { gltf, binary } = split(bytes);
  const reader = new MeshReader(gltf, (gltf.buffers ?? []).map(({ uri }) => (uri === undefined ? binary : fromDataUri(uri))));
  const scene = gltf.scenes?.[gltf.scene ?? 0];
  const roots = scene?.nodes ?? (gltf.nodes ?? []).map((_, i) => i);
  for (const node of roots) reader.addNode(node, IDENTITY);
  return meshScene(Float32Array.from(reader.positions), Uint32Array.from(reader.triangles), Uint8Array.from(reader.colours));
}

class MeshReader {
  readonly positions: number[] = [];
  readonly triangles: number[] = [];
  readonly colours: number[] = [];
  private nodes = 0; // those that were added: one may be there several times

  constructor(private readonly gltf: Gltf, private readonly buffers: (DataView | null)[]) {}

  addNode(index: number, parent: Matrix, depth = 0): void {
    const node = this.gltf.nodes?.[index];
    if (node === undefined || depth > MAX_DEPTH) return;
    if (++this.nodes > MAX_NODES) throw new Error('This scene has too many parts.');
    const matrix = multiply(parent, node.matrix ?? matrixOf(node));
    for (const primitive of this.gltf.meshes?.[node.mesh ?? -1]?.primitives ?? []) if ((primitive.mode ?? 4) === 4) this.addPrimitive(primitive, matrix);
    for (const child of node.children ?? []) this.addNode(child, matrix, depth + 1);
  }

  private addPrimitive({ attributes, indices, material }: { attributes?: Record<string, number>; indices?: number; material?: number }, m: Matrix): void {
    const local = this.read(attributes?.POSITION ?? -1);
    const first = this.positions.length / 3;
    if (this.positions.length + local.length > MAX_NUMBERS) throw new Error('This mesh is too large.');
    for (let i = 0; i < local.length; i += 3) {
      const [x, y, z] = [local[i]!, local[i + 1]!, local[i + 2]!];
      for (let row = 0; row < 3; row++) this.positions.push(m[row]! * x + m[4 + row]! * y + m[8 + row]! * z + m[12 + row]!);
    }
    const places = indices === undefined ? Array.from({ length: local.length / 3 }, (_, i) => i) : this.read(indices);
    if (this.triangles.length + places.length > 3 * MAX_TRIANGLES) throw new Error('This mesh is too large.');
    const factor = this.gltf.materials?.[material ?? -1]?.pbrMetallicRoughness?.baseColorFactor ?? [0.42, 0.48, 0.6];
    const colour = factor.slice(0, 3).map((part) => 255 * Math.min(1, Math.max(0, Number(part))) ** (1 / 2.2));
    for (let i = 0; i + 2 < places.length; i += 3) {
      this.triangles.push(first + places[i]!, first + places[i + 1]!, first + places[i + 2]!);
      this.colours.push(...colour);
    }
  }

  private read(index: number): number[] {
    const accessor = this.gltf.accessors?.[index];
    const bufferView = this.gltf.bufferViews?.[accessor?.bufferView ?? -1];
    const buffer = this.buffers[bufferView?.buffer ?? -1];
    const reader = READERS[accessor?.componentType ?? 0];
    if (!accessor || !bufferView || !buffer || !reader) throw new Error('This file is incomplete, or has parts in other files.');
    const [size, read] = reader;
    const parts = ownValue(COMPONENTS, accessor.type) ?? 1;
    const stride = bufferView.byteStride ?? parts * size;
    if (!(accessor.count * parts <= MAX_NUMBERS)) throw new Error('This mesh is too large.');
    const start = (bufferView.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    if (!(accessor.count >= 0 && start + (accessor.count - 1) * stride + parts * size <= buffer.byteLength)) throw new Error('This file is truncated.');
    return Array.from({ length: accessor.count * parts }, (_, i) => read(buffer, start + Math.floor(i / parts) * stride + (i % parts) * size));
  }
}

function split(bytes: ArrayBuffer): { gltf: Gltf; binary: DataView | null } {
  const view = new DataView(bytes);
  if (bytes.byteLength < 20 || view.getUint32(0, true) !== MAGIC) return { gltf: JSON.parse(new TextDecoder().decode(bytes)) as Gltf, binary: null };
  const length = view.getUint32(12, true);
  if (view.getUint32(16, true) !== JSON_CHUNK) throw new Error('This is not a glTF file.');
  const gltf = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 20, length))) as Gltf;
  const start = 20 + length + 8;
  return { gltf, binary: start <= bytes.byteLength ? new DataView(bytes, start) : null };
}

/** The content of a data URI; other addresses are never requested. */
function fromDataUri(uri: string): DataView | null {
  const [head, data] = uri.split(',', 2);
  if (!head!.startsWith('data:') || !head!.endsWith(';base64') || data === undefined) return null;
  return new DataView(Uint8Array.from(atob(data), (c) => c.charCodeAt(0)).buffer);
}

function matrixOf({ translation: [tx, ty, tz] = [0, 0, 0], rotation: [x, y, z, w] = [0, 0, 0, 1], scale: [sx, sy, sz] = [1, 1, 1] }: { translation?: number[]; rotation?: number[]; scale?: number[] }): Matrix {
  const [qx, qy, qz, qw] = [x!, y!, z!, w!];
  return [
    sx! * (1 - 2 * (qy * qy + qz * qz)), sx! * 2 * (qx * qy + qz * qw), sx! * 2 * (qx * qz - qy * qw), 0,
    sy! * 2 * (qx * qy - qz * qw), sy! * (1 - 2 * (qx * qx + qz * qz)), sy! * 2 * (qy * qz + qx * qw), 0,
    sz! * 2 * (qx * qz + qy * qw), sz! * 2 * (qy * qz - qx * qw), sz! * (1 - 2 * (qx * qx + qy * qy)), 0,
    tx!, ty!, tz!, 1,
  ];
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return Array.from({ length: 16 }, (_, i) => [0, 1, 2, 3].reduce((sum, k) => sum + a[4 * k + (i % 4)]! * b[4 * Math.floor(i / 4) + k]!, 0));
}
