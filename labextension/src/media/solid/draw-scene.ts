import type { Raster } from './raster';
import { wordOf } from './raster';
import type { Scene } from './scene';

const FOCAL = 2.2;
const NEAR = 0.05;
const MIN_LINE_PX = 0.9;
const LIGHT = [0.35, 0.5, 0.8] as const;

/** From where a scene is seen. Angles in radians; `zoom` 1 shows all of it. */
export interface Camera {
  yaw: number;
  pitch: number;
  zoom: number;
}

/** A place on the screen, and its distance. */
export type Projected = Float32Array;

/** Project all positions: x and y in pixels, and the distance in radii of the scene, for each. */
export function project(scene: Scene, camera: Camera, bounds: { centre: readonly number[]; radius: number }, width: number, height: number): Projected {
  const { positions, up } = scene;
  const [cx, cy, cz] = bounds.centre as [number, number, number];
  const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(camera.yaw), Math.sin(camera.yaw), Math.cos(camera.pitch), Math.sin(camera.pitch)];
  const distance = FOCAL / camera.zoom;
  const scale = (Math.min(width, height) / 2) * FOCAL;
  const result = new Float32Array(positions.length);
  for (let i = 0; i < positions.length; i += 3) {
    const x = (positions[i]! - cx) / bounds.radius;
    const [a, b] = [(positions[i + 1]! - cy) / bounds.radius, (positions[i + 2]! - cz) / bounds.radius];
    const [high, deep] = up === 'y' ? [a, b] : [b, -a];
    const turned = x * sinYaw + deep * cosYaw;
    const depth = distance - (turned * cosPitch + high * sinPitch);
    const factor = scale / Math.max(NEAR, depth);
    result[i] = width / 2 + (x * cosYaw - deep * sinYaw) * factor;
    result[i + 1] = height / 2 - (high * cosPitch - turned * sinPitch) * factor;
    result[i + 2] = depth;
  }
  return result;
}

/** Draw a scene as it was projected. */
export function drawScene(raster: Raster, scene: Scene, projected: Projected, radius: number): void {
  raster.clear();
  const scale = (Math.min(raster.width, raster.height) / 2) * FOCAL;
  drawTriangles(raster, scene, projected);
  if (scene.points) drawPoints(raster, scene.points, projected);
  for (const { from, to, radius: thickness, colour } of scene.sticks) {
    const [a, b] = [3 * from, 3 * to];
    const [near, far] = [projected[a + 2]!, projected[b + 2]!];
    if (near <= NEAR || far <= NEAR) continue;
    const reach = thickness / radius;
    raster.stick(projected[a]!, projected[a + 1]!, near, projected[b]!, projected[b + 1]!, far, Math.max(MIN_LINE_PX, (2 * scale * reach) / (near + far)), reach, colour);
  }
  for (const { at, radius: size, colour } of scene.balls) {
    const depth = projected[3 * at + 2]!;
    const reach = size / radius;
    if (depth > NEAR) raster.ball(projected[3 * at]!, projected[3 * at + 1]!, depth, (scale * reach) / depth, reach, colour);
  }
}

function drawPoints(raster: Raster, colours: Uint8Array, projected: Projected): void {
  const count = colours.length / 3;
  const size = Math.max(1, Math.min(5, Math.round(Math.sqrt((raster.width * raster.height) / count / 6))));
  for (let i = 0; i < count; i++) {
    const depth = projected[3 * i + 2]!;
    if (!(depth > NEAR)) continue;
    const word = ((255 << 24) | (colours[3 * i + 2]! << 16) | (colours[3 * i + 1]! << 8) | colours[3 * i]!) >>> 0;
    raster.point(projected[3 * i]!, projected[3 * i + 1]!, depth, size, word);
  }
}

/** Draw the triangles, each as light as it faces the lamp. */
function drawTriangles(raster: Raster, { triangles, triangleColours, positions }: Scene, projected: Projected): void {
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t]!, 3 * triangles[t + 1]!, 3 * triangles[t + 2]!];
    if (projected[a + 2]! <= NEAR || projected[b + 2]! <= NEAR || projected[c + 2]! <= NEAR) continue;
    const word = wordOf([triangleColours[t]!, triangleColours[t + 1]!, triangleColours[t + 2]!], lightOf(positions, a, b, c));
    raster.triangle(projected[a]!, projected[a + 1]!, projected[a + 2]!, projected[b]!, projected[b + 1]!, projected[b + 2]!,
      projected[c]!, projected[c + 1]!, projected[c + 2]!, word);
  }
}

function lightOf(positions: Float32Array, a: number, b: number, c: number): number {
  const [ux, uy, uz] = [positions[b]! - positions[a]!, positions[b + 1]! - positions[a + 1]!, positions[b + 2]! - positions[a + 2]!];
  const [vx, vy, vz] = [positions[c]! - positions[a]!, positions[c + 1]! - positions[a + 1]!, positions[c + 2]! - positions[a + 2]!];
  const [x, y, z] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
  const facing = Math.abs(x * LIGHT[0] + y * LIGHT[1] + z * LIGHT[2]) / (Math.hypot(x, y, z) || 1);
  return 0.45 + 0.6 * facing;
}
