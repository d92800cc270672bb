import {
  COUNTER,
  type Dispatch,
  eachElement,
  elementGroups,
  Kernel,
  type Matrix,
} from "./kernel.js";

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
 * `into[r] = scale * source[index[step * rows + r]] + shift`, with the step from the session's counter. One dispatch
 * does several gathers if `canGather` allows it.
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
    const each = `let row = ${rows}[replica * ${k.u32(index.replicaStride)} + ${counter}[0] * ${k.u32(into.rows)} + r];
let j = replica * ${k.u32(source.replicaStride)} + row * ${k.u32(into.cols)} + c;
${to} = ${factor} * ${value} + ${k.f32(shift)};`;
    return eachElement(k, into.rows, into.cols, groups, each);
  });
  return k.dispatch({ main: main.join("\n"), grid: [groups, 1, replicas] });
}

/** Number of storage buffers that every device can bind at once. */
const MOST_BUFFERS = 8;

/**
 * Whether one dispatch can do all of these gathers: they write to disjoint places, none reads what another writes, and
 * they bind no more buffers than any device can.
 */
export function canGather(shapes: readonly GatherShape[]): boolean {
  const written = new Set(shapes.map(({ into }) => into.buffer));
  const read = new Set(shapes.flatMap(({ source, index }) => [source.buffer, index.buffer]));
  const disjoint = shapes.every(({ into }, i) =>
    shapes.slice(0, i).every((other) => areDisjoint(into, other.into)),
  );
  const lists = shapes.filter(({ scale }) => typeof scale !== "number").length;
  return (
    disjoint &&
    lists <= 1 &&
    [...read].every((buffer) => !written.has(buffer)) &&
    written.size + read.size + 1 <= MOST_BUFFERS
  );
}

/**
 * Whether two matrices certainly have no element in common: they are in different buffers, or in the same rows and
 * different columns.
 */
function areDisjoint(a: Matrix, b: Matrix): boolean {
  if (a.buffer !== b.buffer) return true;
  const [first, last] = a.offset < b.offset ? [a, b] : [b, a];
  const beyond = first.offset + first.cols <= last.offset;
  return a.stride === b.stride && beyond && last.offset + last.cols <= first.offset + a.stride;
}
