import { COUNTS, elementwise, type Matrix, type Part, rowIn } from "./kernel.js";

export interface GatherShape {
  readonly source: {
    readonly buffer: string;
    readonly bytes: boolean;
    readonly replicaStride: number;
  };
  readonly index: { readonly buffer: string; readonly replicaStride: number };
  readonly into: Matrix;
  /** One number, or one per replica. */
  readonly scale: number | readonly number[];
  readonly shift: number;
}

/**
 * `into[r] = scale * source[index[step * rows + r]] + shift`, with the step from the session's counter.
 */
export function gather({ source, index, into, scale, shift }: GatherShape, replicas: number): Part {
  return (k) => {
    const { rows, cols } = into;
    const read = rowIn(source.buffer, rows * cols);
    const from = k.storage(read, false, source.bytes ? "u32" : "f32", true);
    const chosen = k.storage(rowIn(index.buffer, rows), false, "u32", true);
    const counter = k.storage(COUNTS, false, "u32");
    const to = k.matrix(into, true)("r", "c");
    const factor = typeof scale === "number" ? k.f32(scale) : k.list(scale, "replica");
    const value = source.bytes ? `f32((${from}[j / 4] >> (8 * (j % 4))) & 255u)` : `${from}[j]`;
    const each = `let row = ${chosen}[replica * ${k.u32(index.replicaStride)} + ${counter}[0] * ${k.u32(rows)} + r];
let j = replica * ${k.u32(source.replicaStride)} + row * ${k.u32(cols)} + c;
${to} = ${factor} * ${value} + ${k.f32(shift)};`;
    return elementwise(k, into, replicas, each);
  };
}
