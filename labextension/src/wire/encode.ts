import type { Slice } from './messages';

const MAX_ARGUMENTS = 0x8000; // of one call of String.fromCharCode

/** Collects columns into one blob; equal columns are stored once. */
export class ColumnBlob {
  private readonly columns: { first: number; values: Float64Array }[] = [];
  private floats = 0;

  add(values: Float64Array): Slice {
    const duplicate = this.columns.find((column) => same(column.values, values));
    if (duplicate) return [duplicate.first, values.length];
    this.columns.push({ first: this.floats, values });
    this.floats += values.length;
    return [this.columns.at(-1)!.first, values.length];
  }

  /** Base64 of the little-endian floats. */
  toBase64(dtype: 'f4' | 'f8'): string {
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
  for (let i = 0; i < bytes.length; i += MAX_ARGUMENTS) text += String.fromCharCode(...bytes.subarray(i, i + MAX_ARGUMENTS));
  return btoa(text);
}
