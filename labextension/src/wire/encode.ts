import type { Slice } from './messages';

const CHUNK = 0x8000; // arguments that one call takes

/** Columns gathered into one blob; equal columns are stored once. */
export class Blob64 {
  private readonly columns: { first: number; values: Float64Array }[] = [];
  private floats = 0;

  place(values: Float64Array): Slice {
    const held = this.columns.find((one) => same(one.values, values));
    if (held) return [held.first, values.length];
    this.columns.push({ first: this.floats, values });
    this.floats += values.length;
    return [this.columns.at(-1)!.first, values.length];
  }

  /** Base64 of the little-endian floats. */
  text(dtype: 'f4' | 'f8'): string {
    const size = dtype === 'f4' ? 4 : 8;
    const view = new DataView(new ArrayBuffer(this.floats * size));
    for (const { first, values } of this.columns) {
      values.forEach((value, i) => {
        if (size === 4) view.setFloat32((first + i) * 4, value, true);
        else view.setFloat64((first + i) * 8, value, true);
      });
    }
    return base64(new Uint8Array(view.buffer));
  }
}

function same(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}
