import { ACTIVATION, type Activation, SLOPE } from "./functions.js";
import {
  type Abilities,
  type Body,
  elementwise,
  type Kernel,
  type Matrix,
  type Part,
  type Place,
  rowIn,
  SCRATCH,
} from "./kernel.js";
import { isAligned, operandTile, range } from "./operandTile.js";
import {
  isLarge,
  rowLength,
  type Tile,
  type Tiling,
  threadsOf,
  tileWith,
  tilingFor,
} from "./tiles.js";

export interface ProductShape {
  readonly a: Matrix;
  readonly transposeA: boolean;
  readonly b: Matrix;
  readonly transposeB: boolean;
  readonly c: Matrix;
  readonly alpha: number;
  readonly beta: number;
  readonly epilogue?: "relu" | "tanh";
  /** Multiplies the result by `f'(at)`, like an activation's gradient. */
  readonly slope?: { readonly activation: Activation; readonly at: Matrix };
  readonly replicas: number;
}

/**
 * `c = epilogue(alpha op(a) op(b) + beta c)`. Tiles of a and b are stored in workgroup memory, as vectors of four along
 * the sides of the result. Each thread keeps its part of the result in registers. It also holds its numbers of the next
 * tiles, which are loaded while it multiplies. In the last round nobody uses what it loads: a condition there made the
 * kernel slower. If the result is small and the sums are long, several workgroups share a sum, and a second part adds
 * their parts.
 */
export function product(shape: ProductShape, can: Abilities): Part[] {
  const { c, replicas } = shape;
  const size = { rows: c.rows, cols: c.cols, depth: depthOf(shape), replicas };
  const tiling = tilingFor(size, can);
  const { tile, splits } = tiling;
  if (splits > 1) {
    return [
      (k) => ({ ...tiledProduct(k, shape, tiling), alone: isLarge(tile) }),
      (k) => partsAdded(k, shape, splits),
    ];
  }
  // A software adapter takes longer to compile a kernel with several products than it saves by fewer dispatches.
  const by = (one: Tile): Part => {
    return (k) => ({
      ...tiledProduct(k, shape, { tile: one, splits }),
      alone: isLarge(one) || can.software,
      withThreads: (threads) => {
        const other = tileWith(threads, size, tile, can);
        return other && by(other);
      },
    });
  };
  return [by(tile)];
}

function depthOf({ a, transposeA }: ProductShape): number {
  return transposeA ? a.rows : a.cols;
}

function tiledProduct(k: Kernel, shape: ProductShape, { tile, splits }: Tiling): Body {
  const { a, transposeA, b, transposeB, c, replicas } = shape;
  const depth = depthOf(shape);
  const rows = k.u32(c.rows);
  const cols = k.u32(c.cols);
  const tileA = operandTile(k, "A", a, !transposeA, tile.rows, tile);
  const tileB = operandTile(k, "B", b, transposeB, tile.cols, tile);
  const part = Math.ceil(depth / splits / tile.depth) * tile.depth;
  const out = splits > 1 ? partStore(k, shape, splits) : resultStore(k, shape);
  const main = `let row0 = group.y * ${tile.rows};
let col0 = group.x * ${tile.cols};
let begin = (group.z % ${splits}) * ${k.u32(part)};
let end = min(begin + ${k.u32(part)}, ${k.u32(depth)});
${placeOfThread(tile)}
${accumulators(tile)}
${tileA.first("row0", "begin")}
${tileB.first("col0", "begin")}
for (var k0 = begin; k0 < end; k0 += ${tile.depth}) {
${tileA.keep}
${tileB.keep}
workgroupBarrier();
let next = k0 + ${tile.depth};
${tileA.take("row0", "next")}
${tileB.take("col0", "next")}
${multiplyAll(tile)}
workgroupBarrier();
}
${store(tile, rows, cols)}`;
  return {
    declarations: `${tileA.declarations}\n${tileB.declarations}\n${out}`,
    main,
    threads: threadsOf(tile),
    replica: `group.z / ${splits}`,
    grid: [Math.ceil(c.cols / tile.cols), Math.ceil(c.rows / tile.rows), replicas * splits],
  };
}

/** Variables `c{i}_{h}`: the h-th four columns in row i of the thread's part. */
function accumulators({ threadRows, threadCols }: Tile): string {
  return range(threadRows)
    .flatMap((i) => range(threadCols / 4).map((h) => `var c${i}_${h} = vec4f();`))
    .join("\n");
}

/** The thread's place in the tile, `tx` and `ty`. */
function placeOfThread({ cols, threadCols }: Tile): string {
  const across = cols / threadCols;
  return `let tx = lane % ${across};\nlet ty = lane / ${across};`;
}

/** Unrolled where a thread has a large part of the result; small parts gained nothing on an H100. */
function multiplyAll(tile: Tile): string {
  if (!isLarge(tile)) {
    return `for (var k = 0u; k < ${tile.depth}; k++) {\n${multiply(tile, "k")}\n}`;
  }
  return range(tile.depth)
    .map((k) => `{\n${multiply(tile, `${k}`)}\n}`)
    .join("\n");
}

/**
 * A thread's rows and columns are groups of four from all over the tile, so that neighbouring threads read neighbouring
 * places.
 */
function multiply({ rows, cols, threadRows, threadCols }: Tile, k: string): string {
  const across = cols / threadCols;
  const down = rows / threadRows;
  return [
    ...range(threadRows / 4).map(
      (h) => `let a${h} = tileA[${k} * ${rowLength(rows)} + ${h * down} + ty];`,
    ),
    ...range(threadCols / 4).map(
      (h) => `let b${h} = tileB[${k} * ${rowLength(cols)} + ${h * across} + tx];`,
    ),
    ...range(threadCols / 4).flatMap((h) =>
      range(threadRows).map(
        (i) => `c${i}_${h} = fma(vec4f(a${Math.floor(i / 4)}[${i % 4}]), b${h}, c${i}_${h});`,
      ),
    ),
  ].join("\n");
}

function store({ rows, cols, threadRows, threadCols }: Tile, m: string, n: string): string {
  const across = cols / threadCols;
  const down = rows / threadRows;
  return range(threadRows)
    .flatMap((i) =>
      range(threadCols / 4).map((h) => {
        const row = `row0 + ${Math.floor(i / 4) * down * 4 + (i % 4)} + ty * 4`;
        return `put(group.z, replica, ${row}, col0 + ${h * across * 4} + tx * 4, c${i}_${h}, ${m}, ${n});`;
      }),
    )
    .join("\n");
}

/**
 * The function `put`, which stores four neighbouring elements of a tile: as a vector if it is aligned, otherwise one by
 * one.
 */
function resultStore(k: Kernel, shape: ProductShape): string {
  const { c, slope } = shape;
  const parameters = "z: u32, replica: u32, row: u32, col: u32, v: vec4f, rows: u32, cols: u32";
  if (!isAligned(c) || (slope && !isAligned(slope.at))) {
    const element = k.matrix(c, true)("row", "col + j");
    const at = slope && k.matrix(slope.at, false)("row", "col + j");
    return `${functionOf(shape)}
fn put(${parameters}) {
for (var j = 0u; j < 4 && row < rows && col + j < cols; j++) {
${finished(k, shape, "f32", "v[j]", element, at)}
${element} = x;
}
}`;
  }
  const vectors = k.storage(inVectors(c), true, "vec4f");
  const place = k.index(c)("row", "col");
  const at =
    slope &&
    `${k.storage(inVectors(slope.at), false, "vec4f")}[(${k.index(slope.at)("row", "col")}) / 4]`;
  return `${functionOf(shape)}
fn put(${parameters}) {
if (row >= rows || col >= cols) { return; }
let i = (${place}) / 4;
${finished(k, shape, "vec4f", "v", `${vectors}[i]`, at)}
if (col + 3 < cols) { ${vectors}[i] = x; }
else { for (var j = 0u; col + j < cols; j++) { ${vectors}[i][j] = x[j]; } }
}`;
}

function functionOf({ epilogue, slope }: ProductShape): string {
  if (epilogue) return ACTIVATION[epilogue];
  return slope ? SLOPE[slope.activation] : "";
}

/**
 * Statements that compute the result `x` from one sum, or from four of them. If beta is 0, the old element is not read.
 */
function finished(
  k: Kernel,
  { c, alpha, beta, epilogue, slope }: ProductShape,
  type: "f32" | "vec4f",
  sum: string,
  old: string,
  at: string | undefined,
): string {
  const factor = k.f32(beta);
  if (beta !== 0) k.storage(type === "f32" ? c : inVectors(c), false, type);
  const each = (name: string, of: string) =>
    type === "f32"
      ? `${name}(${of})`
      : `vec4f(${["x", "y", "z", "w"].map((c) => `${name}(${of}.${c})`).join(", ")})`;
  return [
    `var x = ${k.f32(alpha)} * ${sum};`,
    `if (${factor} != 0.0) { x += ${factor} * ${old}; }`,
    ...(epilogue ? [`x = ${each("f", "x")};`] : []),
    ...(slope ? [`let d = ${at};`, `x *= ${each("slope", "d")};`] : []),
  ].join("\n");
}

/** A matrix and the rest of the vectors in which its rows end. */
function inVectors(m: Matrix): Matrix {
  return { ...m, cols: Math.ceil(m.cols / 4) * 4 };
}

/** The parts of all sums, in rows of whole vectors. */
function allParts({ c, replicas }: ProductShape, splits: number): Place {
  return rowIn(SCRATCH, splits * replicas * c.rows * inVectors(c).cols);
}

function partStore(k: Kernel, shape: ProductShape, splits: number): string {
  const scratch = k.storage(allParts(shape, splits), true, "vec4f");
  const vectors = k.u32(inVectors(shape.c).cols / 4);
  return `fn put(z: u32, replica: u32, row: u32, col: u32, v: vec4f, rows: u32, cols: u32) {
if (row < rows && col < cols) { ${scratch}[(z * rows + row) * ${vectors} + col / 4] = v; }
}`;
}

function partsAdded(k: Kernel, shape: ProductShape, splits: number): Body {
  const { c, slope, replicas } = shape;
  const scratch = k.storage(allParts(shape, splits), false);
  const row = k.u32(inVectors(c).cols);
  const rows = k.u32(c.rows);
  const element = k.matrix(c, true)("r", "c");
  const at = slope && k.matrix(slope.at, false)("r", "c");
  return elementwise(
    k,
    c,
    replicas,
    `var sum = 0.0;
for (var s = 0u; s < ${splits}; s++) { sum += ${scratch}[((replica * ${splits} + s) * ${rows} + r) * ${row} + c]; }
${finished(k, shape, "f32", "sum", element, at)}
${element} = x;`,
    functionOf(shape),
  );
}
