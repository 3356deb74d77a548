import { formatNumber } from '../../model/format';
import { ownValue } from '../../model/own-value';
import type { Rgb } from '../layers/class-colours';
import type { Atom, Molecule } from './molecule-files';
import type { Scene } from './scene';
import { emptyScene } from './scene';

const STICK_RADIUS = 0.14;
const BALL_PART = 0.42; // of the covalent radius
const BOND_SLACK = 0.4;
const CELL = 2.6; // ångströms; no bond is longer
/** Of matter, a cell has fewer atoms, and an atom fewer bonds. */
const [MAX_ATOMS_PER_CELL, MAX_BONDS_PER_ATOM] = [40, 12];
/** Colour and covalent radius in ångströms of common elements. */
const ELEMENTS: Record<string, [Rgb, number]> = {
  H: [[225, 225, 230], 0.31], C: [[105, 110, 120], 0.76], N: [[70, 100, 240], 0.71], O: [[235, 60, 55], 0.66], F: [[110, 200, 90], 0.57],
  P: [[255, 140, 30], 1.07], S: [[235, 200, 50], 1.05], Cl: [[60, 200, 60], 1.02], Br: [[165, 60, 40], 1.2], I: [[140, 40, 160], 1.39],
  Na: [[150, 90, 240], 1.66], Mg: [[90, 180, 60], 1.41], K: [[140, 70, 210], 2.03], Ca: [[80, 190, 90], 1.76], Fe: [[220, 110, 60], 1.32],
  Zn: [[125, 130, 175], 1.22], Cu: [[200, 130, 60], 1.32], Si: [[200, 170, 130], 1.11], B: [[250, 180, 180], 0.84], Se: [[250, 160, 40], 1.2],
};
const OTHER: [Rgb, number] = [[220, 90, 180], 1.3];

/** A molecule as balls and sticks. */
export function moleculeScene(molecule: Molecule): Scene {
  const { atoms } = molecule;
  const bonds = molecule.bonds.length > 0 ? molecule.bonds : nearBonds(atoms);
  const positions = new Float32Array(3 * (atoms.length + bonds.length));
  atoms.forEach(({ x, y, z }, i) => positions.set([x, y, z], 3 * i));
  const scene = emptyScene(positions, 'y');
  scene.balls = atoms.map(({ element }, at) => ({ at, colour: colourOf(element), radius: BALL_PART * radiusOf(element) }));
  bonds.forEach(([a, b], n) => {
    const middle = atoms.length + n;
    const [from, to] = [atoms[a]!, atoms[b]!];
    positions.set([(from.x + to.x) / 2, (from.y + to.y) / 2, (from.z + to.z) / 2], 3 * middle);
    scene.sticks.push({ from: a, to: middle, radius: STICK_RADIUS, colour: colourOf(from.element) }, { from: b, to: middle, radius: STICK_RADIUS, colour: colourOf(to.element) });
  });
  return { ...scene, text: `${formatNumber(atoms.length)} atoms (${formula(atoms)}), ${formatNumber(bonds.length)} bonds` };
}

/** The pairs of atoms that are so near that they are bound. */
export function nearBonds(atoms: readonly Atom[]): [number, number][] {
  const cells = new Map<string, number[]>();
  const place = ({ x, y, z }: Atom): number[] => [x, y, z].map((value) => Math.floor(value / CELL));
  atoms.forEach((atom, i) => {
    const key = place(atom).join();
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, [i]);
    else if (cell.length < MAX_ATOMS_PER_CELL) cell.push(i);
  });
  return atoms.flatMap((atom, i) => neighbours(place(atom), cells).filter((j) => j > i && areBound(atom, atoms[j]!)).slice(0, MAX_BONDS_PER_ATOM).map((j): [number, number] => [i, j]));
}

function neighbours([x, y, z]: number[], cells: Map<string, number[]>): number[] {
  const offsets = [-1, 0, 1];
  return offsets.flatMap((dx) => offsets.flatMap((dy) => offsets.flatMap((dz) => cells.get([x! + dx, y! + dy, z! + dz].join()) ?? [])));
}

function areBound(a: Atom, b: Atom): boolean {
  const distance = Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z);
  return distance > 0.3 && distance < radiusOf(a.element) + radiusOf(b.element) + BOND_SLACK && !(a.element === 'H' && b.element === 'H');
}

/** How many atoms of each element there are: carbon and hydrogen first, as in chemistry. */
function formula(atoms: readonly Atom[]): string {
  const counts = new Map<string, number>();
  for (const { element } of atoms) counts.set(element || '?', (counts.get(element || '?') ?? 0) + 1);
  const rank = (element: string): string => (element === 'C' ? '0' : element === 'H' ? '1' : element);
  return [...counts].sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)).slice(0, 12).map(([element, count]) => `${element}${count > 1 ? count : ''}`).join('');
}

function colourOf(element: string): Rgb {
  return (ownValue(ELEMENTS, element) ?? OTHER)[0];
}

function radiusOf(element: string): number {
  return (ownValue(ELEMENTS, element) ?? OTHER)[1];
}
