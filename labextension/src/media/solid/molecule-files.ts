const [MAX_ATOMS, MAX_BONDS] = [50_000, 200_000];
const NM = 10; // ångströms

export interface Atom {
  element: string;
  x: number;
  y: number;
  z: number;
}

/** The atoms of a molecule in ångströms, and the bonds that its file names: pairs of places. */
export interface Molecule {
  atoms: Atom[];
  bonds: [number, number][];
}

const PARSERS: Record<string, (lines: string[]) => Molecule> = {
  pdb: parsePdb, pqr: parsePqr, sdf: parseSdf, sd: parseSdf, mol2: parseMol2, gro: parseGro, cif: parseCif, mcif: parseCif, mmcif: parseCif,
};

/** Read a molecule. Throws if it has no atoms with positions. */
export function parseMolecule(text: string, suffix: string): Molecule {
  const { atoms: all, bonds } = PARSERS[suffix]!(text.split(/\r?\n/));
  const atoms = all.slice(0, MAX_ATOMS);
  if (atoms.length === 0 || atoms.some(({ x, y, z }) => !Number.isFinite(x + y + z))) throw new Error('This file has no atoms.');
  return { atoms, bonds: bonds.filter((pair) => pair.every((at) => at >= 0 && at < atoms.length)).slice(0, MAX_BONDS) };
}

/** The first model of a PDB file. */
function parsePdb(lines: string[]): Molecule {
  const end = lines.findIndex((line) => line.startsWith('ENDMDL'));
  const rows = (end < 0 ? lines : lines.slice(0, end)).filter((line) => /^(ATOM {2}|HETATM)/.test(line));
  const atoms = rows.map((line) => ({
    element: elementOf(line.slice(76, 78)) || elementOf(line.slice(12, 14)) || elementOf(line.slice(12, 16)), ...position([line.slice(30, 38), line.slice(38, 46), line.slice(46, 54)]),
  }));
  return { atoms, bonds: [] };
}

/** A PQR file: words, of which the last five are position, charge and radius. */
function parsePqr(lines: string[]): Molecule {
  const rows = lines.filter((line) => /^(ATOM|HETATM)/.test(line)).map((line) => line.trim().split(/\s+/));
  return { atoms: rows.map((words) => ({ element: elementOf(words[2]!.replace(/\d/g, '').slice(0, 1)), ...position(words.slice(-5, -2)) })), bonds: [] };
}

/** The first molecule of an SDF file. */
function parseSdf(lines: string[]): Molecule {
  const counts = lines[3] ?? '';
  const [atomCount, bondCount] = [Number(counts.slice(0, 3)), Number(counts.slice(3, 6))];
  const atoms = lines.slice(4, 4 + atomCount).map((line) => line.trim().split(/\s+/)).map((words) => ({ element: elementOf(words[3] ?? ''), ...position(words) }));
  const bonds = lines.slice(4 + atomCount, 4 + atomCount + bondCount).map((line): [number, number] => [Number(line.slice(0, 3)) - 1, Number(line.slice(3, 6)) - 1]);
  return { atoms, bonds };
}

function parseMol2(lines: string[]): Molecule {
  const section = (name: string): string[][] => {
    const start = lines.findIndex((line) => line.trim() === `@<TRIPOS>${name}`);
    const rest = start < 0 ? [] : lines.slice(start + 1);
    const end = rest.findIndex((line) => line.startsWith('@'));
    return (end < 0 ? rest : rest.slice(0, end)).map((line) => line.trim().split(/\s+/)).filter((words) => words.length > 3);
  };
  const atoms = section('ATOM').map((words) => ({ element: elementOf((words[5] ?? '').split('.')[0]!), ...position(words.slice(2, 5)) }));
  return { atoms, bonds: section('BOND').map((words): [number, number] => [Number(words[1]) - 1, Number(words[2]) - 1]) };
}

/** A GROMACS file, whose lengths are in nanometres. */
function parseGro(lines: string[]): Molecule {
  const rows = lines.slice(2, 2 + Number(lines[1]));
  return {
    atoms: rows.map((line) => ({ element: elementOf(line.slice(10, 15).replace(/\d/g, '').trim().slice(0, 1)), ...position([line.slice(20, 28), line.slice(28, 36), line.slice(36, 44)], NM) })), bonds: [],
  };
}

/** The atoms of a CIF file: positions in ångströms, or in parts of the unit cell. */
function parseCif(lines: string[]): Molecule {
  const start = lines.findIndex((line) => /^\s*_atom_site[._]/.test(line));
  const names: string[] = [];
  let at = Math.max(0, start);
  while (/^\s*_atom_site[._]/.test(lines[at] ?? '')) names.push(lines[at++]!.trim().replace(/^_atom_site[._]/, '').toLowerCase());
  const rows: string[][] = [];
  for (; at < lines.length && !/^\s*(#|loop_|_|data_|$)/.test(lines[at]!); at++) rows.push(lines[at]!.trim().split(/\s+/));
  const column = (...wanted: string[]): number => names.findIndex((name) => wanted.includes(name));
  const element = column('type_symbol', 'label');
  const cartesian = ['cartn_x', 'cartn_y', 'cartn_z'].map((name) => column(name));
  const fractional = ['fract_x', 'fract_y', 'fract_z'].map((name) => column(name));
  const whole = cartesian.every((place) => place >= 0);
  const toCartesian = whole ? (parts: number[]): number[] => parts : unitCell(lines);
  const atoms = rows.map((words) => {
    const [x, y, z] = toCartesian((whole ? cartesian : fractional).map((place) => parseFloat(words[place] ?? '')));
    return { element: elementOf((words[element] ?? '').replace(/[\d+-].*/, '')), x: x!, y: y!, z: z! };
  });
  return { atoms, bonds: [] };
}

/** Returns what turns parts of the unit cell into ångströms. */
function unitCell(lines: string[]): (parts: number[]) => number[] {
  const value = (name: string): number => parseFloat(lines.find((line) => line.trim().startsWith(`_cell_${name}`))?.trim().split(/\s+/)[1] ?? 'NaN');
  const [a, b, c] = ['length_a', 'length_b', 'length_c'].map(value) as [number, number, number];
  const [alpha, beta, gamma] = ['angle_alpha', 'angle_beta', 'angle_gamma'].map((name) => (value(name) * Math.PI) / 180) as [number, number, number];
  const cy = (Math.cos(alpha) - Math.cos(beta) * Math.cos(gamma)) / Math.sin(gamma);
  const cz = Math.sqrt(Math.max(0, 1 - Math.cos(beta) ** 2 - cy ** 2));
  return ([u, v, w]) => [a * u! + b * Math.cos(gamma) * v! + c * Math.cos(beta) * w!, b * Math.sin(gamma) * v! + c * cy * w!, c * cz * w!];
}

function position(words: string[], factor = 1): { x: number; y: number; z: number } {
  const [x, y, z] = words.map((word) => parseFloat(word) * factor);
  return { x: x!, y: y!, z: z! };
}

/** The symbol of an element as it is written: "CL" is "Cl". */
function elementOf(text: string): string {
  const letters = text.replace(/[^A-Za-z]/g, '').slice(0, 2);
  return letters.slice(0, 1).toUpperCase() + letters.slice(1).toLowerCase();
}
