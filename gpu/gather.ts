import { COUNTER, type Dispatch, elementwise, Kernel, type Matrix } from "./kernel.js";

export interface GatherShape {
  readonly source: { readonly buffer: string; readonly bytes: boolean; readonly apart: number };
  readonly index: { readonly buffer: string; readonly apart: number };
  readonly into: Matrix;
  /** One number, or one a replica. */
  readonly scale: number | readonly number[];
  readonly shift: number;
  readonly replicas: number;
}

/** `into[r] = scale * source[index[step * rows + r]] + shift`; the step stands in the session's counter. */
export function gather({ source, index, into, scale, shift, replicas }: GatherShape): Dispatch {
  const k = new Kernel();
  const from = k.storage(source.buffer, false, source.bytes ? "u32" : "f32");
  const rows = k.storage(index.buffer, false, "u32");
  const counter = k.storage(COUNTER, false, "u32");
  const to = k.matrix(into, true);
  const factor = typeof scale === "number" ? k.f32(scale) : k.list(scale, "replica");
  const value = source.bytes ? `f32((${from}[j / 4] >> (8 * (j % 4))) & 255u)` : `${from}[j]`;
  return elementwise(
    k,
    into,
    replicas,
    `let row = ${rows}[replica * ${k.u32(index.apart)} + ${counter}[0] * ${k.u32(into.rows)} + r];
let j = replica * ${k.u32(source.apart)} + row * ${k.u32(into.cols)} + c;
${to("r", "c")} = ${factor} * ${value} + ${k.f32(shift)};`,
  );
}
