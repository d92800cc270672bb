import { ACTIVATION, type Activation, SLOPE } from "./functions.js";
import {
  type Abilities,
  type Dispatch,
  elementwise,
  Kernel,
  type Matrix,
  SCRATCH,
} from "./kernel.js";
import { rowLength, type Tile, tilingFor } from "./tiles.js";

export interface ProductShape {
  readonly a: Matrix;
  readonly transposeA: boolean;
  readonly b: Matrix;
  readonly transposeB: boolean;
  readonly c: Matrix;
  readonly alpha: number;
  readonly beta: number;
  readonly epilogue?: "relu" | "tanh";
  /** Multiplies the result with `f'(at)`, as an activation's gradient does. */
  readonly slope?: { readonly activation: Activation; readonly at: Matrix };
  readonly replicas: number;
}

/**
 * `c = epilogue(alpha op(a) op(b) + beta c)`. Tiles of a and b go through workgroup memory, in vectors of four along
 * the result's sides; each thread keeps its part of the result in registers, and the next tiles' numbers, which are
 * under way while it multiplies. Where the result is small and the sums are long, workgroups share a sum, and a second
 * dispatch adds up their parts.
 */
export function product(shape: ProductShape, can: Abilities): Dispatch[] {
  const { a, transposeA, b, transposeB, c, replicas } = shape;
  const depth = transposeA ? a.rows : a.cols;
  const size = { rows: c.rows, cols: c.cols, depth, replicas };
  const { tile, splits } = tilingFor(size, can.workgroupBytes);
  const k = new Kernel();
  const rows = k.u32(c.rows);
  const cols = k.u32(c.cols);
  const sideA = side(k, "A", a, !transposeA, tile.rows, rows, tile);
  const sideB = side(k, "B", b, transposeB, tile.cols, cols, tile);
  const part = Math.ceil(depth / splits / tile.depth) * tile.depth;
  const out = splits > 1 ? partStore(k, c) : resultStore(k, shape);
  const main = `let row0 = group.y * ${tile.rows};
let col0 = group.x * ${tile.cols};
let begin = (group.z % ${splits}) * ${k.u32(part)};
let end = min(begin + ${k.u32(part)}, ${k.u32(depth)});
let tx = lane % ${tile.cols / tile.threadCols};
let ty = lane / ${tile.cols / tile.threadCols};
${accumulators(tile)}
${sideA.first("row0", "begin")}
${sideB.first("col0", "begin")}
for (var k0 = begin; k0 < end; k0 += ${tile.depth}) {
${sideA.keep}
${sideB.keep}
workgroupBarrier();
let next = k0 + ${tile.depth};
if (next < end) {
${sideA.take("row0", "next")}
${sideB.take("col0", "next")}
}
for (var k = 0u; k < ${tile.depth}; k++) {
${multiply(tile)}
}
workgroupBarrier();
}
${store(tile, rows, cols)}`;
  const dispatch = k.dispatch({
    declarations: `${sideA.declarations}\n${sideB.declarations}\n${out}`,
    main,
    threads: threadsOf(tile),
    replica: `group.z / ${splits}`,
    grid: [Math.ceil(c.cols / tile.cols), Math.ceil(c.rows / tile.rows), replicas * splits],
  });
  return splits > 1 ? [dispatch, partsAdded(shape, splits)] : [dispatch];
}

/** Elements of scratch memory that the parts of a product's sums take. */
export function productScratch(size: Parameters<typeof tilingFor>[0], can: Abilities): number {
  const { splits } = tilingFor(size, can.workgroupBytes);
  return splits > 1 ? size.rows * rowInScratch(size.cols) * size.replicas * splits : 0;
}

function threadsOf({ rows, cols, threadRows, threadCols }: Tile): number {
  return (rows / threadRows) * (cols / threadCols);
}

interface Side {
  readonly declarations: string;
  /** Statements that take the first tile's numbers, those of the tile at `k0`, and that keep them for the workgroup. */
  first(i0: string, k0: string): string;
  take(i0: string, k0: string): string;
  readonly keep: string;
}

/**
 * The tile of one operand in workgroup memory, and what fills it: `take` reads a slot's numbers, `keep` puts them where all
 * threads see them. `alongDepth` says that the sums run along the operand's rows in storage. What lies beyond the
 * operand counts as 0, whatever stands there.
 */
function side(
  k: Kernel,
  name: "A" | "B",
  m: Matrix,
  alongDepth: boolean,
  width: number,
  extent: string,
  tile: Tile,
): Side {
  const { depth } = tile;
  const threads = threadsOf(tile);
  const length = rowLength(width);
  const vectors = isAligned(m);
  const buffer = k.storage(m.buffer, false, vectors ? "vec4f" : "f32");
  const at = k.index(m);
  // Four vectors along the sums are turned into four along the side.
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
    // The last round may be for some threads only.
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

function isAligned({ offset, stride, apart }: Matrix): boolean {
  return offset % 4 === 0 && stride % 4 === 0 && apart % 4 === 0;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** `c{i}_{h}`: row i of the thread's part, its h-th four columns. */
function accumulators({ threadRows, threadCols }: Tile): string {
  return range(threadRows)
    .flatMap((i) => range(threadCols / 4).map((h) => `var c${i}_${h} = vec4f();`))
    .join("\n");
}

/** A thread's rows and columns come by fours from all over the tile: so threads side by side read side by side. */
function multiply({ rows, cols, threadRows, threadCols }: Tile): string {
  const across = cols / threadCols;
  const down = rows / threadRows;
  return [
    ...range(threadRows / 4).map(
      (h) => `let a${h} = tileA[k * ${rowLength(rows)} + ${h * down} + ty];`,
    ),
    ...range(threadCols / 4).map(
      (h) => `let b${h} = tileB[k * ${rowLength(cols)} + ${h * across} + tx];`,
    ),
    ...range(threadRows).flatMap((i) =>
      range(threadCols / 4).map((h) => `c${i}_${h} += a${Math.floor(i / 4)}[${i % 4}] * b${h};`),
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

/** `put` of a tile's four elements side by side: whole vectors where they fit, or one by one. */
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
  const vectors = k.storage(c.buffer, true, "vec4f");
  const place = k.index(c)("row", "col");
  const at =
    slope &&
    `${k.storage(slope.at.buffer, false, "vec4f")}[(${k.index(slope.at)("row", "col")}) / 4]`;
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
 * Statements that leave in `x` what a sum, or four of them, turns into. With beta 0 the old element is not looked at: it
 * may be anything.
 */
function finished(
  k: Kernel,
  { alpha, beta, epilogue, slope }: ProductShape,
  type: "f32" | "vec4f",
  sum: string,
  old: string,
  at: string | undefined,
): string {
  const factor = k.f32(beta);
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

/** Rows of parts are stored in whole vectors. */
function rowInScratch(cols: number): number {
  return Math.ceil(cols / 4) * 4;
}

function partStore(k: Kernel, c: Matrix): string {
  const scratch = k.storage(SCRATCH, true, "vec4f");
  const vectors = k.u32(rowInScratch(c.cols) / 4);
  return `fn put(z: u32, replica: u32, row: u32, col: u32, v: vec4f, rows: u32, cols: u32) {
if (row < rows && col < cols) { ${scratch}[(z * rows + row) * ${vectors} + col / 4] = v; }
}`;
}

function partsAdded(shape: ProductShape, splits: number): Dispatch {
  const { c, slope, replicas } = shape;
  const k = new Kernel();
  const scratch = k.storage(SCRATCH, false);
  const row = k.u32(rowInScratch(c.cols));
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
