import { ACTIVATION } from "./functions.js";
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
  readonly replicas: number;
}

/**
 * `c = epilogue(alpha op(a) op(b) + beta c)`. Tiles of a and b go through workgroup memory, in vectors of four along
 * the result's sides; each thread keeps its part of the result in registers. Where the result is small and the sums
 * are long, workgroups share a sum, and a second dispatch adds up their parts.
 */
export function product(shape: ProductShape, can: Abilities): Dispatch[] {
  const { a, transposeA, b, transposeB, c, replicas } = shape;
  const depth = transposeA ? a.rows : a.cols;
  const size = { rows: c.rows, cols: c.cols, depth, replicas };
  const { tile, splits } = tilingFor(size, can.workgroupBytes);
  const k = new Kernel();
  const rows = k.u32(c.rows);
  const cols = k.u32(c.cols);
  const sideA = side(k, "a", a, !transposeA, tile.rows, rows, tile);
  const sideB = side(k, "b", b, transposeB, tile.cols, cols, tile);
  const part = Math.ceil(depth / splits / tile.depth) * tile.depth;
  const out = splits > 1 ? partStore(k, rows, cols) : resultStore(k, shape);
  const main = `let row0 = group.y * ${tile.rows};
let col0 = group.x * ${tile.cols};
let begin = (group.z % ${splits}) * ${k.u32(part)};
let end = min(begin + ${k.u32(part)}, ${k.u32(depth)});
let tx = lane % ${tile.cols / tile.threadCols};
let ty = lane / ${tile.cols / tile.threadCols};
${accumulators(tile)}
for (var k0 = begin; k0 < end; k0 += ${tile.depth}) {
loadA(lane, replica, row0, k0, end);
loadB(lane, replica, col0, k0, end);
workgroupBarrier();
for (var k = 0u; k < ${tile.depth}; k++) {
${multiply(tile)}
}
workgroupBarrier();
}
${store(tile, rows, cols)}`;
  const dispatch = k.dispatch({
    declarations: `${sideA}\n${sideB}\n${out}`,
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
  return splits > 1 ? size.rows * size.cols * size.replicas * splits : 0;
}

function threadsOf({ rows, cols, threadRows, threadCols }: Tile): number {
  return (rows / threadRows) * (cols / threadCols);
}

/**
 * The tile of one operand in workgroup memory, and the function that fills it. `alongDepth` says that the sums run
 * along the operand's rows in storage. What lies beyond the operand counts as 0, whatever stands there.
 */
function side(
  k: Kernel,
  name: "a" | "b",
  m: Matrix,
  alongDepth: boolean,
  width: number,
  extent: string,
  tile: Tile,
): string {
  const { depth } = tile;
  const threads = threadsOf(tile);
  const length = rowLength(width);
  const vectors = isAligned(m);
  const buffer = k.storage(m.buffer, false, vectors ? "vec4f" : "f32");
  const at = k.index(m);
  const [slots, body] = alongDepth
    ? vectors
      ? [
          (depth * width) / 16,
          // Four vectors along the sums are turned into four along the side.
          `let k = (s % ${depth / 4}) * 4;
let w = s / ${depth / 4};
let ks = vec4u(k0 + k) + vec4u(0, 1, 2, 3);
var v: array<vec4f, 4>;
for (var j = 0u; j < 4; j++) {
let i = i0 + w * 4 + j;
v[j] = select(vec4f(), ${buffer}[(${at("i", "k0 + k")}) / 4], (ks < vec4u(end)) & vec4<bool>(i < ${extent}));
}
let t = transpose(mat4x4f(v[0], v[1], v[2], v[3]));
for (var j = 0u; j < 4; j++) { ${name}s_[(k + j) * ${length} + w] = t[j]; }`,
        ]
      : [
          (depth * width) / 4,
          `let k = s % ${depth};
let w = s / ${depth};
var v = vec4f();
for (var j = 0u; j < 4; j++) {
let i = i0 + w * 4 + j;
v[j] = select(0.0, ${buffer}[${at("i", "k0 + k")}], k0 + k < end && i < ${extent});
}
${name}s_[k * ${length} + w] = v;`,
        ]
    : [
        (depth * width) / 4,
        `let w = s % ${width / 4};
let k = s / ${width / 4};
let i = i0 + w * 4;
let is = vec4u(i) + vec4u(0, 1, 2, 3);
let inside = (is < vec4u(${extent})) & vec4<bool>(k0 + k < end);
${
  vectors
    ? `let v = ${buffer}[(${at("k0 + k", "i")}) / 4];`
    : `let first = ${at("k0 + k", "i")};
let v = vec4f(${buffer}[first], ${buffer}[first + 1], ${buffer}[first + 2], ${buffer}[first + 3]);`
}
${name}s_[k * ${length} + w] = select(vec4f(), v, inside);`,
      ];
  return `var<workgroup> ${name}s_: array<vec4f, ${depth * length}>;
fn load${name.toUpperCase()}(lane: u32, replica: u32, i0: u32, k0: u32, end: u32) {
for (var s = lane; s < ${slots}; s += ${threads}) {
${body}
}
}`;
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
      (h) => `let a${h} = as_[k * ${rowLength(rows)} + ${h * down} + ty];`,
    ),
    ...range(threadCols / 4).map(
      (h) => `let b${h} = bs_[k * ${rowLength(cols)} + ${h * across} + tx];`,
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

function resultStore(k: Kernel, { c, alpha, beta, epilogue }: ProductShape): string {
  const element = k.matrix(c, true)("row", "col + j");
  return `${epilogue ? ACTIVATION[epilogue] : ""}
fn put(z: u32, replica: u32, row: u32, col: u32, v: vec4f, rows: u32, cols: u32) {
for (var j = 0u; j < 4 && row < rows && col + j < cols; j++) {
${stored(k, element, "v[j]", alpha, beta, epilogue)}
}
}`;
}

/** With beta 0 the old element is not looked at: it may be anything. */
function stored(
  k: Kernel,
  element: string,
  sum: string,
  alpha: number,
  beta: number,
  epilogue: ProductShape["epilogue"],
): string {
  const factor = k.f32(beta);
  return `var x = ${k.f32(alpha)} * ${sum};
if (${factor} != 0.0) { x += ${factor} * ${element}; }
${element} = ${epilogue ? "f(x)" : "x"};`;
}

function partStore(k: Kernel, rows: string, cols: string): string {
  const scratch = k.storage(SCRATCH, true);
  return `fn put(z: u32, replica: u32, row: u32, col: u32, v: vec4f, rows: u32, cols: u32) {
for (var j = 0u; j < 4 && row < rows && col + j < cols; j++) {
${scratch}[(z * ${rows} + row) * ${cols} + col + j] = v[j];
}
}`;
}

function partsAdded(
  { c, alpha, beta, epilogue, replicas }: ProductShape,
  splits: number,
): Dispatch {
  const k = new Kernel();
  const scratch = k.storage(SCRATCH, false);
  const size = k.u32(c.rows * c.cols);
  const element = k.matrix(c, true)("r", "c");
  return elementwise(
    k,
    c,
    replicas,
    `var sum = 0.0;
for (var s = 0u; s < ${splits}; s++) { sum += ${scratch}[(replica * ${splits} + s) * ${size} + i]; }
${stored(k, element, "sum", alpha, beta, epilogue)}`,
    epilogue ? ACTIVATION[epilogue] : "",
  );
}
