/** A growable list of floats. `values()` is a view of its memory, valid until the next `append`. */
export class Column {
  private memory: Float64Array;
  length = 0;

  constructor(values: Float64Array = new Float64Array(0)) {
    this.memory = new Float64Array(Math.max(64, values.length));
    this.append(values);
  }

  append(values: Float64Array): void {
    const needed = this.length + values.length;
    if (needed > this.memory.length) {
      const larger = new Float64Array(Math.max(needed, 2 * this.memory.length));
      larger.set(this.memory.subarray(0, this.length));
      this.memory = larger;
    }
    this.memory.set(values, this.length);
    this.length = needed;
  }

  values(): Float64Array {
    return this.memory.subarray(0, this.length);
  }

  /** The value at `index`, counted from the end if negative; NaN outside. */
  at(index: number): number {
    return this.values().at(index) ?? NaN;
  }
}
