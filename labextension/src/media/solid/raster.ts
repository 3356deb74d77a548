import type { Rgb } from '../layers/class-colours';

/** Pixels that are looked at for one picture: about half a second. */
const MAX_PIXELS = 100_000_000;

/**
 * A picture with a depth for each pixel: whatever is nearer hides the rest. It is drawn by the processor, since a page may
 * have only sixteen WebGL contexts and a view may have a hundred objects.
 */
export class Raster {
  readonly image: ImageData;
  private readonly words: Uint32Array;
  private readonly depths: Float32Array;
  private pixelsLeft: number;

  constructor(readonly width: number, readonly height: number, private readonly maxPixels = MAX_PIXELS) {
    this.pixelsLeft = maxPixels;
    this.image = new ImageData(width, height);
    this.words = new Uint32Array(this.image.data.buffer);
    this.depths = new Float32Array(width * height);
  }

  clear(): void {
    this.words.fill(0);
    this.depths.fill(Infinity);
    this.pixelsLeft = this.maxPixels;
  }

  /** Whether nothing was left out because too much large parts lie over each other. */
  get isComplete(): boolean {
    return this.pixelsLeft >= 0;
  }

  /** A square of `size` pixels. */
  point(x: number, y: number, depth: number, size: number, word: number): void {
    const left = Math.max(0, Math.round(x - size / 2));
    const top = Math.max(0, Math.round(y - size / 2));
    const right = Math.min(this.width, left + size);
    const bottom = Math.min(this.height, top + size);
    for (let row = top; row < bottom; row++) for (let i = row * this.width + left; i < row * this.width + right; i++) this.put(i, depth, word);
  }

  /** A triangle of one colour; corners are x, y and depth. */
  triangle(ax: number, ay: number, az: number, bx: number, by: number, bz: number, cx: number, cy: number, cz: number, word: number): void {
    const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
    if (Math.abs(area) < 1e-6) return;
    const left = Math.max(0, Math.floor(Math.min(ax, bx, cx)));
    const right = Math.min(this.width - 1, Math.ceil(Math.max(ax, bx, cx)));
    const top = Math.max(0, Math.floor(Math.min(ay, by, cy)));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(ay, by, cy)));
    if (!this.affords(right - left + 1, bottom - top + 1)) return;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area;
        const v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area;
        if (u >= 0 && v >= 0 && u + v <= 1) this.put(y * this.width + x, u * az + v * bz + (1 - u - v) * cz, word);
      }
    }
  }

  /** A shaded ball; `reach` is its radius in units of depth. */
  ball(x: number, y: number, depth: number, radius: number, reach: number, colour: Rgb): void {
    this.stick(x, y, depth, x, y, depth, radius, reach, colour);
  }

  /** A shaded stick with round ends, `radius` in pixels and `reach` in units of depth. */
  stick(ax: number, ay: number, az: number, bx: number, by: number, bz: number, radius: number, reach: number, colour: Rgb): void {
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy || 1;
    const left = Math.max(0, Math.floor(Math.min(ax, bx) - radius));
    const right = Math.min(this.width - 1, Math.ceil(Math.max(ax, bx) + radius));
    const top = Math.max(0, Math.floor(Math.min(ay, by) - radius));
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(ay, by) + radius));
    if (!this.affords(right - left + 1, bottom - top + 1)) return;
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const t = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length));
        const [sx, sy] = [(x - ax - t * dx) / radius, (y - ay - t * dy) / radius];
        const inside = 1 - sx * sx - sy * sy;
        if (inside < 0) continue;
        const front = Math.sqrt(inside);
        this.put(y * this.width + x, az + t * (bz - az) - front * reach, wordOf(colour, 0.4 + 0.6 * Math.max(0, 0.75 * front - 0.35 * sx - 0.45 * sy)));
      }
    }
  }

  /** Whether an area of this size may still be looked at. */
  private affords(width: number, height: number): boolean {
    if (this.pixelsLeft >= 0) this.pixelsLeft -= Math.max(0, width) * Math.max(0, height);
    return this.isComplete;
  }

  private put(i: number, depth: number, word: number): void {
    if (depth >= this.depths[i]!) return;
    this.depths[i] = depth;
    this.words[i] = word;
  }
}

/** An opaque colour, darkened to a part of its light, as `ImageData` stores it on little-endian machines. */
export function wordOf([r, g, b]: Rgb, light = 1): number {
  return ((255 << 24) | (Math.min(255, b * light) << 16) | (Math.min(255, g * light) << 8) | Math.min(255, r * light)) >>> 0;
}
