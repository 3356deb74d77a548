const TOLERANCE = 1e-3;

type Vector = readonly number[];

/** The edges of a box as pairs of corners, which may come in any order; no two clients write the same one. */
export function boxEdges(corners: readonly Vector[]): [number, number][] {
  const axes = axesOf(corners);
  const size = Math.max(...axes.map((axis) => Math.hypot(...axis))) || 1;
  const isEdge = (difference: Vector): boolean => axes.some((axis) => near(difference, axis, size) || near(difference.map((part) => -part), axis, size));
  const edges: [number, number][] = [];
  for (let a = 0; a < 8; a++) for (let b = a + 1; b < 8; b++) if (isEdge(minus(corners[b]!, corners[a]!))) edges.push([a, b]);
  return edges.length >= 12 ? edges : nearestEdges(corners);
}

/** The three edges at the first corner: at right angles, with the opposite corner at the end of their sum. */
function axesOf(corners: readonly Vector[]): Vector[] {
  const first = corners[0]!;
  const others = corners.slice(1).map((corner) => minus(corner, first));
  const diagonal = [0, 1, 2].map((i) => others.reduce((sum, other) => sum + other[i]!, 0) / 4);
  let best: { axes: Vector[]; cost: number } = { axes: others.slice(0, 3), cost: Infinity };
  for (let a = 0; a < 7; a++) for (let b = a + 1; b < 7; b++) for (let c = b + 1; c < 7; c++) {
    const axes = [others[a]!, others[b]!, others[c]!];
    const cost = costOf(axes, diagonal);
    if (cost < best.cost) best = { axes, cost };
  }
  return best.axes;
}

function costOf([a, b, c]: Vector[], diagonal: Vector): number {
  const gap = Math.hypot(...diagonal.map((part, i) => part - a![i]! - b![i]! - c![i]!)) / (Math.hypot(...diagonal) || 1);
  return gap + [[a, b], [b, c], [a, c]].reduce((sum, [one, other]) => sum + Math.abs(cosine(one!, other!)), 0);
}

function cosine(a: Vector, b: Vector): number {
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths === 0 ? 0 : a.reduce((sum, part, i) => sum + part * b[i]!, 0) / lengths;
}

/** Each corner with its three nearest ones, for corners that are not those of a box. */
function nearestEdges(corners: readonly Vector[]): [number, number][] {
  return corners.flatMap((corner, a) => corners
    .map((other, b) => ({ b, distance: Math.hypot(...minus(other, corner)) }))
    .filter(({ b }) => b !== a).sort((one, two) => one.distance - two.distance).slice(0, 3)
    .map(({ b }): [number, number] => [Math.min(a, b), Math.max(a, b)]));
}

function minus(a: Vector, b: Vector): Vector {
  return a.slice(0, 3).map((part, i) => part - b[i]!);
}

function near(a: Vector, b: Vector, size: number): boolean {
  return Math.hypot(...a.map((part, i) => part - b[i]!)) < TOLERANCE * size;
}
