import { describe, expect, it } from 'vitest';
import { readFigure } from '../src/media/figure/plotly-data';
import { boxEdges } from '../src/media/solid/box-edges';
import { drawScene, project } from '../src/media/solid/draw-scene';
import { nearBonds } from '../src/media/solid/molecule';
import { Raster } from '../src/media/solid/raster';
import type { Scene } from '../src/media/solid/scene';
import { boundsOf } from '../src/media/solid/scene';
import { readScene } from '../src/media/solid/solid-view';
import { extremes } from '../src/media/sound/waveform';

globalThis.ImageData ??= class {
  readonly data: Uint8ClampedArray;
  constructor(readonly width: number, readonly height: number) {
    this.data = new Uint8ClampedArray(4 * width * height);
  }
} as unknown as typeof ImageData;

const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer as ArrayBuffer;
const CUBE = 'v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\nf 1/1 3/2/3 -1\n';

function glb(): ArrayBuffer {
  const gltf = {
    buffers: [{}], bufferViews: [{ buffer: 0 }], accessors: [{ bufferView: 0, componentType: 5126, count: 3, type: 'VEC3' }],
    materials: [{ pbrMetallicRoughness: { baseColorFactor: [1, 0, 0, 1] } }], scenes: [{ nodes: [0] }],
    meshes: [{ primitives: [{ attributes: { POSITION: 0 }, material: 0 }] }], nodes: [{ children: [1], translation: [10, 0, 0] }, { mesh: 0, scale: [2, 2, 2] }],
  };
  let json = JSON.stringify(gltf);
  json += ' '.repeat((4 - (json.length % 4)) % 4);
  const out = new DataView(new ArrayBuffer(28 + json.length + 36));
  [0x46546c67, 2, out.byteLength, json.length, 0x4e4f534a].forEach((word, i) => out.setUint32(4 * i, word, true));
  new Uint8Array(out.buffer).set(new TextEncoder().encode(json), 20);
  out.setUint32(20 + json.length, 36, true);
  [0, 0, 0, 1, 0, 0, 0, 1, 0].forEach((value, i) => out.setFloat32(28 + json.length + 4 * i, value, true));
  return out.buffer;
}

describe('3D files', () => {
  it('of points have their own colours, those of their category, or those of their height, and boxes', () => {
    const corners = [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]];
    const scene = readScene(bytes(JSON.stringify({ type: 'lidar/beta', points: [[0, 0, 0, 255, 0, 9], [1, 1, 1, 1, 2, 3]], boxes: [{ corners, color: [1, 2, 3], label: '<b>car', score: 0.5 }], vectors: [{ start: [0, 0, 0], end: [1, 1, 1] }] })), 'a.pts.json');
    expect([[...scene.points!], scene.text, scene.labels.map(({ text }) => text)]).toEqual([[255, 0, 9, 1, 2, 3], '2 points, 1 box, 1 vector', ['<b>car 0.5']]);
    const lengths = scene.sticks.slice(0, 12).map(({ from, to }) => Math.hypot(...[0, 1, 2].map((i) => scene.positions[3 * from + i]! - scene.positions[3 * to + i]!)));
    expect(lengths).toEqual(Array(12).fill(1));
    const shuffled = [0, 2, 1, 4, 6, 3, 5, 7].map((i) => corners[i]!.map((part, axis) => part * [3, 2, 1][axis]!));
    const edges = boxEdges(shuffled).map(([a, b]) => shuffled[a]!.filter((part, axis) => part !== shuffled[b]![axis]).length);
    expect(edges).toEqual(Array(12).fill(1));
    expect(new Set(readScene(bytes('[[0,0,0],[0,0,1]]'), 'a.pts.json').points).size).toBeGreaterThan(3);
    for (const broken of ['[]', '{"points": 5}', '[[1, 2]]', 'null']) expect(() => readScene(bytes(broken), 'a.pts.json')).toThrow();
  });

  it('of meshes become triangles: OBJ, STL in both forms, and glTF with its nodes and colours', () => {
    expect([...readScene(bytes(CUBE), 'a.obj').triangles]).toEqual([0, 1, 2, 0, 2, 3, 0, 2, 3]);
    const stl = 'solid a\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1e0 0\nendloop\nendfacet\nendsolid';
    expect([...readScene(bytes(stl), 'a.stl').positions]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
    const binary = new DataView(new ArrayBuffer(134));
    binary.setUint32(80, 1, true);
    [0, 0, 0, 1, 0, 0, 0, 1, 0].forEach((value, i) => binary.setFloat32(96 + 4 * i, value, true));
    expect([...readScene(binary.buffer, 'a.stl').positions]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0]);
    const scene = readScene(glb(), 'a.glb');
    expect([[...scene.positions], [...scene.triangleColours]]).toEqual([[10, 0, 0, 12, 0, 0, 10, 2, 0], [255, 0, 0]]);
    for (const [name, text] of [['a.obj', 'v 0 0 0\nf 1 2 3'], ['a.obj', ''], ['a.stl', 'solid'], ['a.glb', '{"meshes": []}']] as const) expect(() => readScene(bytes(text), name)).toThrow();
    expect(() => readScene(glb().slice(0, -20), 'a.glb')).toThrow('truncated');
  });

  it('of molecules become balls and sticks in all text forms', () => {
    const pdb = 'ATOM      1  O   HOH A   1       0.000   0.000   0.000  1.00  0.00           O\nHETATM    2  H1  HOH A   1       0.957   0.000   0.000  1.00  0.00           H\nENDMDL\nATOM      1  O   HOH A   1       9.000   0.000   0.000  1.00  0.00           O\n';
    const sdf = 'water\n\n\n  2  1  0\n    0.0000    0.0000    0.0000 O   0\n    0.9570    0.0000    0.0000 H   0\n  1  2  1  0\nM  END\n';
    const mol2 = '@<TRIPOS>ATOM\n1 O 0 0 0 O.3 1 W\n2 H 0.957 0 0 H 1 W\n@<TRIPOS>BOND\n1 1 2 1\n';
    const gro = 'water\n2\n    1SOL     OW    1   0.000   0.000   0.000\n    1SOL    HW1    2   0.096   0.000   0.000\n1 1 1\n';
    const cif = 'loop_\n_atom_site.group_PDB\n_atom_site.type_symbol\n_atom_site.Cartn_x\n_atom_site.Cartn_y\n_atom_site.Cartn_z\nATOM O 0 0 0\nATOM H 0.957 0 0\n#\n';
    const cell = `_cell_length_a 9.57\n_cell_length_b 10\n_cell_length_c 10\n_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 90\n${cif.replace(/site\./g, 'site_').replace(/Cartn/g, 'fract').replace('0.957 0', '0.1(2) 0')}`;
    const pqr = 'ATOM 1 O HOH 1 0.000 0.000 0.000 -0.8 1.5\nATOM 2 H1 HOH 1 0.957 0.000 0.000 0.4 1.1\n';
    for (const [text, suffix] of [[pdb, 'pdb'], [sdf, 'sdf'], [mol2, 'mol2'], [gro, 'gro'], [cif, 'cif'], [cell, 'cif'], [pqr, 'pqr']] as const) {
      expect([suffix, readScene(bytes(text), `m.${suffix}`).text]).toEqual([suffix, '2 atoms (HO), 1 bonds']);
    }
    expect(() => readScene(bytes('x'), 'm.sdf')).toThrow();
    expect(nearBonds([{ element: 'C', x: 0, y: 0, z: 0 }, { element: 'C', x: 1.5, y: 0, z: 0 }, { element: 'C', x: 4, y: 0, z: 0 }])).toEqual([[0, 1]]);
  });

  it('are drawn with what is nearer in front', () => {
    const scene: Scene = { ...readScene(bytes('[[0,0,1,255,0,0],[0,0,-1,0,255,0]]'), 'a.pts.json') };
    const raster = new Raster(40, 40);
    const bounds = boundsOf(scene);
    const colourAt = (pitch: number): number[] => {
      drawScene(raster, scene, project(scene, { yaw: 0, pitch, zoom: 1 }, bounds, 40, 40), bounds.radius);
      return [...raster.image.data.slice(4 * (20 * 40 + 20), 4 * (20 * 40 + 20) + 4)];
    };
    expect([colourAt(Math.PI / 2), colourAt(-Math.PI / 2)]).toEqual([[255, 0, 0, 255], [0, 255, 0, 255]]);
  });
});

describe('sounds', () => {
  it('have the extremes of all channels in each part', () => {
    const { lows, highs } = extremes([Float32Array.of(0, 1, -0.5, 0.25), Float32Array.of(0, 0, 0, -1)], 2);
    expect([[...lows], [...highs]]).toEqual([[0, -1], [1, 0.25]]);
  });
});

describe('figures', () => {
  const figure = (layout: unknown, ...data: unknown[]): ReturnType<typeof readFigure> => readFigure(JSON.stringify({ data, layout }));

  it('of lines, bars, histograms and heat maps are drawn, others are named', () => {
    const base64 = { dtype: 'f8', bdata: btoa(String.fromCharCode(...new Uint8Array(Float64Array.of(1, 2).buffer))) };
    const lines = figure({ title: { text: 'T' }, xaxis: { title: 'x' } }, { type: 'scattergl', mode: 'lines', x: [0, 1], y: base64, name: 'a' }, { type: 'pie' });
    expect([lines.title, lines.note, lines.drawing!.kind, lines.drawing!.xLabel]).toEqual(['T', 'Not drawn: pie', 'lines', 'x']);
    expect([...(lines.drawing as { series: { ys: Float64Array }[] }).series[0]!.ys]).toEqual([1, 2]);
    const points = figure({}, { mode: 'markers', x: ['b', 'a', 'b'], y: [1, 2, 3] }).drawing as { kind: string; names: string[]; series: { xs: Float64Array }[] };
    expect([points.kind, points.names, [...points.series[0]!.xs]]).toEqual(['points', ['b', 'a'], [0, 1, 0]]);
    const bars = figure({}, { type: 'bar', orientation: 'h', x: [3, 4], y: ['p', 'q'] }).drawing as { labels: string[]; series: { values: Float64Array }[] };
    expect([bars.labels, [...bars.series[0]!.values]]).toEqual([['p', 'q'], [3, 4]]);
    const histogram = figure({}, { type: 'histogram', x: [0, 0, 3] }).drawing as { series: { counts: Float64Array }[] };
    expect([histogram.series[0]!.counts[0], histogram.series[0]!.counts[29]]).toEqual([2, 1]);
    expect(figure({}, { type: 'heatmap', z: [[1, 2], [3]] }).drawing).toMatchObject({ kind: 'heat', rows: [[1, 2], [3, NaN]] });
    expect(figure({}, { type: 'pie' })).toMatchObject({ drawing: null, note: 'Not drawn: pie' });
    for (const broken of ['null', '{}', '[]']) expect(() => readFigure(broken)).toThrow();
  });
});

describe('a file that would freeze the page', () => {
  const timed = (read: () => unknown): number => {
    const start = performance.now();
    expect(read).toThrow(/too (large|many)/);
    return performance.now() - start;
  };

  it('has fewer bonds: thousands of atoms in one place, and bonds without end', () => {
    const atoms = Array.from({ length: 2_000 }, (_, i) => ({ element: 'C', x: (i % 2) * 0.5, y: 0, z: 0 }));
    expect(nearBonds(atoms).length).toBeLessThanOrEqual(12 * 40);
    const atom = '    0.0000    0.0000    0.0000 C\n';
    const mol2 = `@<TRIPOS>ATOM\n${'1 C 0 0 0 C\n'.repeat(2)}@<TRIPOS>BOND\n${'1 1 2 1\n'.repeat(200_009)}`;
    expect([readScene(bytes(mol2), 'm.mol2').text, readScene(bytes(`a\n\n\n  1  0\n${atom}`), 'm.sdf').text]).toEqual(['2 atoms (C2), 200,000 bonds', '1 atoms (C), 0 bonds']);
  });

  it('is refused: nodes that repeat each other, numbers without bytes', () => {
    const buffer = { uri: `data:application/octet-stream;base64,${btoa('\0'.repeat(36))}` };
    const doubled = { nodes: Array.from({ length: 32 }, (_, i) => ({ children: [i + 1, i + 1] })), scenes: [{ nodes: [0] }] };
    const endless = { buffers: [buffer], bufferViews: [{ buffer: 0, byteStride: 0 }], accessors: [{ bufferView: 0, componentType: 5126, count: 1e9, type: 'VEC3' }] };
    const mesh = { ...endless, meshes: [{ primitives: [{ attributes: { POSITION: 0 } }] }], nodes: [{ mesh: 0 }] };
    for (const scene of [doubled, mesh]) expect(timed(() => readScene(bytes(JSON.stringify(scene)), 's.gltf'))).toBeLessThan(5000);
    const ragged = { data: [{ type: 'heatmap', z: [Array(200_000).fill(1), ...Array(5_000).fill([])] }] };
    expect(readFigure(JSON.stringify(ragged)).drawing).toBeNull();
  });

  it('is drawn as far as time allows', () => {
    const raster = new Raster(100, 100, 50_000);
    raster.ball(50, 50, 1, 40, 1, [9, 9, 9]);
    expect(raster.isComplete).toBe(true);
    for (let i = 0; i < 100_000; i++) raster.triangle(0, 0, 1, 200, 0, 1, 0, 200, 1 - i / 100_000, 0xff000000 + i);
    expect([raster.isComplete, new Uint32Array(raster.image.data.buffer).every((word) => word < 0xff000000 + 10)]).toEqual([false, true]);
    raster.clear();
    expect(raster.isComplete).toBe(true);
  });
});
