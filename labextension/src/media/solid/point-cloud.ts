import { formatNumber } from '../../model/format';
import type { Rgb } from '../layers/class-colours';
import { classColour } from '../layers/class-colours';
import { boxEdges } from './box-edges';
import type { Scene } from './scene';
import { emptyScene } from './scene';

const MAX_POINTS = 1_000_000;
const MAX_BOXES = 2_000;
const MAX_LABEL = 60;
const LOW: Rgb = [66, 60, 150];
const MIDDLE: Rgb = [40, 150, 140];
const HIGH: Rgb = [250, 220, 60];

interface CloudBox {
  corners: number[][];
  colour: Rgb;
  label: string;
}

/** Read a `pts.json`: a list of points, or a scene with points, boxes and vectors. Throws if it is neither. */
export function pointCloud(json: string): Scene {
  const value = JSON.parse(json) as unknown;
  const { points, boxes, vectors } = (Array.isArray(value) ? { points: value } : (value ?? {})) as Record<string, unknown>;
  const rows = listOf(points).filter(isPoint).slice(0, MAX_POINTS);
  const cloudBoxes = listOf(boxes).slice(0, MAX_BOXES).map(parseBox).filter((box) => box !== null);
  const arrows = listOf(vectors).slice(0, MAX_BOXES).map(parseVector).filter((one) => one !== null);
  if (rows.length + cloudBoxes.length + arrows.length === 0) throw new Error('This file has no points.');
  const places = [...cloudBoxes.flatMap(({ corners }) => corners), ...arrows.flat()];
  const positions = new Float32Array(3 * (rows.length + places.length));
  [rows, places].flat().forEach((point, i) => positions.set(point.slice(0, 3), 3 * i));
  const scene = { ...emptyScene(positions, 'z'), points: rows.length > 0 ? coloursOf(rows) : null };
  addBoxes(scene, cloudBoxes, rows.length);
  const first = rows.length + 8 * cloudBoxes.length;
  arrows.forEach((_, i) => scene.sticks.push({ from: first + 2 * i, to: first + 2 * i + 1, radius: 0, colour: [230, 90, 60] }));
  const words = [counted(rows.length, 'point', 'points'), counted(cloudBoxes.length, 'box', 'boxes'), counted(arrows.length, 'vector', 'vectors')];
  return { ...scene, text: words.filter(Boolean).join(', ') };
}

function counted(count: number, one: string, several: string): string {
  return count === 0 ? '' : `${formatNumber(count)} ${count === 1 ? one : several}`;
}

function addBoxes(scene: Scene, boxes: CloudBox[], first: number): void {
  boxes.forEach(({ corners, colour, label }, n) => {
    const start = first + 8 * n;
    for (const [from, to] of boxEdges(corners)) scene.sticks.push({ from: start + from, to: start + to, radius: 0, colour });
    if (label) scene.labels.push({ at: start + topCorner(corners), text: label });
  });
}

function topCorner(corners: number[][]): number {
  return corners.reduce((best, corner, i) => (corner[2]! > corners[best]![2]! ? i : best), 0);
}

/** A colour for each point: its own, that of its category, or one for its height. */
function coloursOf(rows: number[][]): Uint8Array {
  const colours = new Uint8Array(3 * rows.length);
  let [low, high] = [Infinity, -Infinity];
  for (const [, , z] of rows) [low, high] = [Math.min(low, z!), Math.max(high, z!)];
  rows.forEach((row, i) => {
    const own: Rgb = row.length >= 6 ? [row[3]!, row[4]!, row[5]!] : row.length >= 4 ? classColour(row[3]!) : heightColour((row[2]! - low) / (high - low || 1));
    colours.set(own, 3 * i);
  });
  return colours;
}

function heightColour(part: number): Rgb {
  const [from, to, at] = part < 0.5 ? [LOW, MIDDLE, 2 * part] : [MIDDLE, HIGH, 2 * part - 1];
  return from.map((value, i) => value + (to[i]! - value) * at) as unknown as Rgb;
}

function parseBox(value: unknown): CloudBox | null {
  const { corners, color, label, score } = (value ?? {}) as Record<string, unknown>;
  const list = listOf(corners).filter(isPoint);
  if (list.length !== 8) return null;
  const [r, g, b] = listOf(color).map(Number);
  const text = [typeof label === 'string' ? label.slice(0, MAX_LABEL) : '', typeof score === 'number' ? formatNumber(score) : ''].filter(Boolean).join(' ');
  return { corners: list, colour: [r || 0, g || 0, b || 0], label: text };
}

function parseVector(value: unknown): number[][] | null {
  const { start, end } = (value ?? {}) as Record<string, unknown>;
  return isPoint(start) && isPoint(end) ? [start, end] : null;
}

function isPoint(value: unknown): value is number[] {
  return Array.isArray(value) && value.length >= 3 && value.every((part) => typeof part === 'number');
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
