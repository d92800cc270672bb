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

/** The slots of a tile. A thread loads one slot at a time, into the variables `v0`, `v1`, ... */
interface Slots {
  readonly count: number;
  /** Number of vectors that a slot holds. */
  readonly vectors: number;
  /** Statements that define `w` and `k`, the place of slot `s` in the tile. */
  readonly place: string;
  /** Statements that load the slot whose tile starts at `i0` along the side and at `k0` along the sums. */
  load(i0: string, k0: string): string;
  /** Statements that store the variables in workgroup memory. */
  readonly store: string;
}

/**
 * The tile of one operand in workgroup memory, in vectors of four along its side. `take` loads the numbers of a slot,
 * and `keep` stores them where all threads see them. `alongDepth` says that the operand's rows in memory run along the
 * sums. Terms beyond the end of the sums are filled with 0. Places beyond the side are filled with any numbers, because
 * they only reach results that are not stored.
 */
export function operandTile(
  k: Kernel,
  name: "A" | "B",
  m: Matrix,
  alongDepth: boolean,
  width: number,
  tile: Tile,
): OperandTile {
  const threads = threadsOf(tile);
  const slots = slotsOf(k, name, m, alongDepth, width, tile.depth);
  const rounds = range(Math.ceil(slots.count / threads)).map((n) => {
    const named = (text: string) => text.replace(/\bv(\d)\b/g, (_, j) => `own${name}${n}_${j}`);
    const slot = `let s = lane + ${n * threads};\n${slots.place}`;
    // In the last round some threads have nothing to do.
    const only =
      (n + 1) * threads > slots.count ? `if (lane + ${n * threads} < ${slots.count}) ` : "";
    const each = (text: string) => `${only}{\n${slot}\n${named(text)}\n}`;
    return {
      declared: named(
        range(slots.vectors)
          .map((j) => `var v${j} = vec4f();`)
          .join("\n"),
      ),
      take: (i0: string, k0: string) => each(slots.load(i0, k0)),
      keep: each(slots.store),
    };
  });
  const take = (i0: string, k0: string) => rounds.map((round) => round.take(i0, k0)).join("\n");
  return {
    declarations: `var<workgroup> tile${name}: array<vec4f, ${tile.depth * rowLength(width)}>;`,
    first: (i0, k0) => `${rounds.map(({ declared }) => declared).join("\n")}\n${take(i0, k0)}`,
    take,
    keep: rounds.map(({ keep }) => keep).join("\n"),
  };
}

/** The text has no loops: a compiler may keep a matrix that a variable indexes in slow memory. */
function slotsOf(
  k: Kernel,
  name: "A" | "B",
  m: Matrix,
  alongDepth: boolean,
  width: number,
  depth: number,
): Slots {
  const vectors = isAligned(m);
  const buffer = k.storage(m, false, vectors ? "vec4f" : "f32", true);
  const at = k.index(m);
  const length = rowLength(width);
  const four = range(4);
  if (!alongDepth) {
    const loaded = (first: string) =>
      vectors
        ? `${buffer}[(${first}) / 4]`
        : `vec4f(${four.map((j) => `${buffer}[${first} + ${j}]`).join(", ")})`;
    return {
      count: (depth * width) / 4,
      vectors: 1,
      place: `let w = s % ${width / 4};\nlet k = s / ${width / 4};`,
      load: (i0, k0) =>
        `v0 = select(vec4f(), ${loaded(at(`${k0} + k`, `${i0} + w * 4`))}, ${k0} + k < end);`,
      store: `tile${name}[k * ${length} + w] = v0;`,
    };
  }
  const row = (i0: string, j: number) => `${i0} + w * 4 + ${j}`;
  if (!vectors) {
    return {
      count: (depth * width) / 4,
      vectors: 1,
      place: `let k = s % ${depth};\nlet w = s / ${depth};`,
      load: (i0, k0) =>
        four
          .map((j) => `${buffer}[${at(row(i0, j), `${k0} + k`)}]`)
          .map((one, j) => `v0[${j}] = select(0.0, ${one}, ${k0} + k < end);`)
          .join("\n"),
      store: `tile${name}[k * ${length} + w] = v0;`,
    };
  }
  // Four vectors along the sums are transposed to four vectors along the side.
  const turned = (j: number) => `vec4f(${four.map((q) => `v${q}[${j}]`).join(", ")})`;
  return {
    count: (depth * width) / 16,
    vectors: 4,
    place: `let k = (s % ${depth / 4}) * 4;\nlet w = s / ${depth / 4};`,
    load: (i0, k0) =>
      [
        `let inside = vec4u(${k0} + k) + vec4u(0, 1, 2, 3) < vec4u(end);`,
        ...four
          .map((j) => `${buffer}[(${at(row(i0, j), `${k0} + k`)}) / 4]`)
          .map((one, j) => `v${j} = select(vec4f(), ${one}, inside);`),
      ].join("\n"),
    store: four.map((j) => `tile${name}[(k + ${j}) * ${length} + w] = ${turned(j)};`).join("\n"),
  };
}

/** Whether four neighbouring elements of a row can be read as a vector. */
export function isAligned({ offset, stride, replicaStride }: Matrix): boolean {
  return offset % 4 === 0 && stride % 4 === 0 && replicaStride % 4 === 0;
}

/** 0 to n - 1. */
export const range = (n: number) => Array.from({ length: n }, (_, i) => i);
