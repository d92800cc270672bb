import {
  COUNTER,
  type Dispatch,
  eachElement,
  elementGroups,
  Kernel,
  type Matrix,
} from "./kernel.js";

export interface GatherShape {
  readonly source: { readonly buffer: string; readonly bytes: boolean; readonly apart: number };
  readonly index: { readonly buffer: string; readonly apart: number };
  readonly into: Matrix;
  /** One number, or one a replica. */
  readonly scale: number | readonly number[];
  readonly shift: number;
}

/**
 * `into[r] = scale * source[index[step * rows + r]] + shift`; the step stands in the session's counter. Several in one
 * dispatch, which `canGather` tells of.
 */
export function gather(shapes: readonly GatherShape[], replicas: number): Dispatch {
  const k = new Kernel();
  const groups = Math.max(...shapes.map(({ into }) => elementGroups(into)));
  const main = shapes.map(({ source, index, into, scale, shift }) => {
    const from = k.storage(source.buffer, false, source.bytes ? "u32" : "f32");
    const rows = k.storage(index.buffer, false, "u32");
    const counter = k.storage(COUNTER, false, "u32");
    const to = k.matrix(into, true)("r", "c");
    const factor = typeof scale === "number" ? k.f32(scale) : k.list(scale, "replica");
    const value = source.bytes ? `f32((${from}[j / 4] >> (8 * (j % 4))) & 255u)` : `${from}[j]`;
    const each = `let row = ${rows}[replica * ${k.u32(index.apart)} + ${counter}[0] * ${k.u32(into.rows)} + r];
let j = replica * ${k.u32(source.apart)} + row * ${k.u32(into.cols)} + c;
${to} = ${factor} * ${value} + ${k.f32(shift)};`;
    return eachElement(k, into.rows, into.cols, groups, each);
  });
  return k.dispatch({ main: main.join("\n"), grid: [groups, 1, replicas] });
}

/** Storage buffers that every device binds at once. */
const MOST_BUFFERS = 8;

/** Whether one dispatch can do all of these: they write apart from each other, and bind no more than any device can. */
export function canGather(shapes: readonly GatherShape[]): boolean {
  const written = new Set(shapes.map(({ into }) => into.buffer));
  const read = new Set(shapes.flatMap(({ source, index }) => [source.buffer, index.buffer]));
  const apart = shapes.every(({ into }, i) =>
    shapes.slice(0, i).every((other) => areApart(into, other.into)),
  );
  const lists = shapes.filter(({ scale }) => typeof scale !== "number").length;
  return (
    apart &&
    lists <= 1 &&
    [...read].every((buffer) => !written.has(buffer)) &&
    written.size + read.size + 1 <= MOST_BUFFERS
  );
}

/** Whether two matrices surely have no element in common: they stand in the same rows, in other columns. */
function areApart(a: Matrix, b: Matrix): boolean {
  if (a.buffer !== b.buffer) return true;
  const [first, last] = a.offset < b.offset ? [a, b] : [b, a];
  const beyond = first.offset + first.cols <= last.offset;
  return a.stride === b.stride && beyond && last.offset + last.cols <= first.offset + a.stride;
}
