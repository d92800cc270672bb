import type { Kernel, Matrix } from "./kernel.js";
import { rowLength, type Tile, threadsOf } from "./tiles.js";

/** WGSL text for the tile of one operand. */
export interface OperandTile {
  readonly declarations: string;
  /**
   * Statements that declare variables and load the first tile into them (`first`), load the tile at `k0` (`take`), and
   * store the variables in workgroup memory (`keep`).
   */
  first(i0: string, k0: string): string;
  take(i0: string, k0: string): string;
  readonly keep: string;
}

/**
 * The tile of one operand in workgroup memory. `take` reads the numbers of a slot, and `keep` stores them where all
 * threads see them. `alongDepth` says that the operand's rows in memory run along the sums. Places outside the operand
 * are filled with 0.
 */
export function operandTile(
  k: Kernel,
  name: "A" | "B",
  m: Matrix,
  alongDepth: boolean,
  width: number,
  extent: string,
  tile: Tile,
): OperandTile {
  const { depth } = tile;
  const threads = threadsOf(tile);
  const length = rowLength(width);
  const vectors = isAligned(m);
  const buffer = k.storage(m.buffer, false, vectors ? "vec4f" : "f32");
  const at = k.index(m);
  // Four vectors along the sums are transposed to four vectors along the side.
  const turned = alongDepth && vectors;
  const slots = (depth * width) / (turned ? 16 : 4);
  const place = turned
    ? `let k = (s % ${depth / 4}) * 4;\nlet w = s / ${depth / 4};`
    : alongDepth
      ? `let k = s % ${depth};\nlet w = s / ${depth};`
      : `let w = s % ${width / 4};\nlet k = s / ${width / 4};`;
  const read = turned
    ? `let ks = vec4u(k0 + k) + vec4u(0, 1, 2, 3);
for (var j = 0u; j < 4; j++) {
let i = i0 + w * 4 + j;
v[j] = select(vec4f(), ${buffer}[(${at("i", "k0 + k")}) / 4], (ks < vec4u(end)) & vec4<bool>(i < ${extent}));
}`
    : alongDepth
      ? `for (var j = 0u; j < 4; j++) {
let i = i0 + w * 4 + j;
v[j] = select(0.0, ${buffer}[${at("i", "k0 + k")}], k0 + k < end && i < ${extent});
}`
      : `let i = i0 + w * 4;
let is = vec4u(i) + vec4u(0, 1, 2, 3);
let inside = (is < vec4u(${extent})) & vec4<bool>(k0 + k < end);
${
  vectors
    ? `v = ${buffer}[(${at("k0 + k", "i")}) / 4];`
    : `let first = ${at("k0 + k", "i")};
v = vec4f(${buffer}[first], ${buffer}[first + 1], ${buffer}[first + 2], ${buffer}[first + 3]);`
}
v = select(vec4f(), v, inside);`;
  const kept = turned
    ? `let t = transpose(v);\nfor (var j = 0u; j < 4; j++) { tile${name}[(k + j) * ${length} + w] = t[j]; }`
    : `tile${name}[k * ${length} + w] = v;`;
  const type = turned ? "mat4x4f" : "vec4f";
  const own = range(Math.ceil(slots / threads)).map((n) => ({
    variable: `own${name}${n}`,
    slot: `lane + ${n * threads}`,
    // In the last round some threads have nothing to do.
    only: (n + 1) * threads > slots ? `if (lane + ${n * threads} < ${slots}) ` : "",
  }));
  const take = (i0: string, k0: string) =>
    own
      .map(
        ({ variable, slot, only }) =>
          `${only}{ ${variable} = take${name}(${slot}, replica, ${i0}, ${k0}, end); }`,
      )
      .join("\n");
  return {
    declarations: `var<workgroup> tile${name}: array<vec4f, ${depth * length}>;
fn take${name}(s: u32, replica: u32, i0: u32, k0: u32, end: u32) -> ${type} {
${place}
var v = ${type}();
${read}
return v;
}
fn keep${name}(s: u32, v: ${type}) {
${place}
${kept}
}`,
    first: (i0, k0) =>
      `${own.map(({ variable }) => `var ${variable} = ${type}();`).join("\n")}\n${take(i0, k0)}`,
    take,
    keep: own
      .map(({ variable, slot, only }) => `${only}{ keep${name}(${slot}, ${variable}); }`)
      .join("\n"),
  };
}

/** Whether four neighbouring elements of a row can be read as a vector. */
export function isAligned({ offset, stride, replicaStride }: Matrix): boolean {
  return offset % 4 === 0 && stride % 4 === 0 && replicaStride % 4 === 0;
}

/** 0 to n - 1. */
export const range = (n: number) => Array.from({ length: n }, (_, i) => i);
