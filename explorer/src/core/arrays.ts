// Arrays from base64, and sparse matrices: most weights of a compiled model are zero.

import type { ArrayData } from "./document";

function bytes(text: string): ArrayBuffer {
  const decoded = atob(text);
  const found = new Uint8Array(decoded.length);
  for (let i = 0; i < decoded.length; i++) found[i] = decoded.charCodeAt(i);
  return found.buffer;
}

function numbers(text: string, size: number, read: (view: DataView, at: number) => number) {
  const view = new DataView(bytes(text));
  return Float64Array.from({ length: view.byteLength / size }, (_, i) => read(view, i * size));
}

/** The numbers of an array in order, as doubles: those of float32 are exact in them. */
export function unpack(data: ArrayData): Float64Array {
  const found =
    data.dtype === "float64"
      ? numbers(data.numbers, 8, (view, at) => view.getFloat64(at, true))
      : numbers(data.numbers, 4, (view, at) => view.getFloat32(at, true));
  if (data.index === null) return found;
  const places = numbers(data.index, 4, (view, at) => view.getUint32(at, true));
  const flat = new Float64Array(data.shape.reduce((size, axis) => size * axis, 1));
  places.forEach((place, i) => (flat[place] = found[i] ?? 0));
  return flat;
}

/** A matrix by its entries that are not zero, row by row. */
export class Matrix {
  private constructor(
    readonly rows: number,
    readonly columns: number,
    private readonly starts: Int32Array,
    private readonly places: Int32Array,
    private readonly entries: Float64Array,
  ) {}

  /** The matrix that begins at an offset of a flat array. */
  static from(flat: Float64Array, rows: number, columns: number, offset = 0): Matrix {
    const starts = new Int32Array(rows + 1);
    const places: number[] = [];
    const entries: number[] = [];
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const entry = flat[offset + i * columns + j] ?? 0;
        if (entry !== 0) {
          places.push(j);
          entries.push(entry);
        }
      }
      starts[i + 1] = places.length;
    }
    return new Matrix(rows, columns, starts, Int32Array.from(places), Float64Array.from(entries));
  }

  /** Every entry of a row that is not zero. */
  each(row: number, visit: (column: number, entry: number) => void): void {
    const stop = this.starts[row + 1] ?? 0;
    for (let at = this.starts[row] ?? 0; at < stop; at++) {
      visit(this.places[at] ?? 0, this.entries[at] ?? 0);
    }
  }

  row(row: number): Float64Array {
    const found = new Float64Array(this.columns);
    this.each(row, (column, entry) => (found[column] = entry));
    return found;
  }

  isZero(row: number): boolean {
    return this.starts[row] === this.starts[row + 1];
  }

  /** x · this, for n rows of x one after another; every row begins as `bias`, if there is one. */
  after(x: Float64Array, bias?: Float64Array): Float64Array {
    const n = x.length / this.rows;
    const found = new Float64Array(n * this.columns);
    for (let i = 0; i < n; i++) {
      const at = i * this.columns;
      if (bias) found.set(bias, at);
      for (let d = 0; d < this.rows; d++) {
        const factor = x[i * this.rows + d] ?? 0;
        if (factor === 0) continue;
        const stop = this.starts[d + 1] ?? 0;
        for (let e = this.starts[d] ?? 0; e < stop; e++) {
          const place = at + (this.places[e] ?? 0);
          found[place] = (found[place] ?? 0) + factor * (this.entries[e] ?? 0);
        }
      }
    }
    return found;
  }

  /** this · other */
  times(other: Matrix): Matrix {
    const flat = new Float64Array(this.rows * this.columns);
    for (let i = 0; i < this.rows; i++) flat.set(this.row(i), i * this.columns);
    return Matrix.from(other.after(flat), this.rows, other.columns);
  }
}
