import { activate } from "./activations";

// The matrix product, blocked as Goto and van de Geijn describe: B is packed into panels of NR columns that stay
// in the first cache, A into panels of MR rows that stay in the second.

/** Rows of a register tile: with fused multiply-add one register less is needed, and a row more fits. */
const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
const NR: i32 = 8;
const MC: i32 = MR * 20;
const KC: i32 = 256;
const NC: i32 = 512;

/** Bytes of workspace that a product of any size needs. */
export const WORKSPACE: usize = 4 * (MC * KC + KC * NC + MR * NR);

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(c, f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, low: v128, high: v128, alphas: v128): void {
  v128.store(c, f32x4.mul(low, alphas));
  v128.store(c, f32x4.mul(high, alphas), 16);
}

// @ts-ignore: decorator
@inline
function addRow(c: usize, low: v128, high: v128, alphas: v128, betas: v128): void {
  v128.store(c, f32x4.add(f32x4.mul(low, alphas), f32x4.mul(v128.load(c), betas)));
  v128.store(c, f32x4.add(f32x4.mul(high, alphas), f32x4.mul(v128.load(c, 16), betas)), 16);
}

/**
 * One register tile: `acc = A B` over a packed panel of A (`depth x MR`) and one of B (`depth x 8`), then
 * `C = alpha acc + beta C` (C is not read if beta is 0). The accumulators live in locals: 2 MR vectors, two of B and
 * one of A are what 16 registers hold.
 *
 * Rows are taken from the last to the first because V8's older compiler (TurboFan: Node 20) plans a block from its
 * end, following the accumulators in the order in which they are stored. Taken upwards, it puts all loads first
 * and spills accumulators: 17 GFLOP/s instead of 34, with fused multiply-add 17 instead of 42 (Node 20.20, Zen 3).
 * Compilers that keep the order of the code do not mind.
 */
function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  for (let k = depth; k > 0; k--) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    if (MR == 6) {
      const a5 = v128.load32_splat(a, 20);
      c50 = madd(a5, b0, c50);
      c51 = madd(a5, b1, c51);
    }
    const a4 = v128.load32_splat(a, 16);
    c40 = madd(a4, b0, c40);
    c41 = madd(a4, b1, c41);
    const a3 = v128.load32_splat(a, 12);
    c30 = madd(a3, b0, c30);
    c31 = madd(a3, b1, c31);
    const a2 = v128.load32_splat(a, 8);
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    const a1 = v128.load32_splat(a, 4);
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    const a0 = v128.load32_splat(a);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    a += MR << 2;
    b += 32;
  }
  const alphas = f32x4.splat(alpha);
  if (beta != 0) {
    const betas = f32x4.splat(beta);
    addRow(c, c00, c01, alphas, betas);
    c += ldc;
    addRow(c, c10, c11, alphas, betas);
    c += ldc;
    addRow(c, c20, c21, alphas, betas);
    c += ldc;
    addRow(c, c30, c31, alphas, betas);
    c += ldc;
    addRow(c, c40, c41, alphas, betas);
    if (MR == 6) {
      c += ldc;
      addRow(c, c50, c51, alphas, betas);
    }
  } else {
    storeRow(c, c00, c01, alphas);
    c += ldc;
    storeRow(c, c10, c11, alphas);
    c += ldc;
    storeRow(c, c20, c21, alphas);
    c += ldc;
    storeRow(c, c30, c31, alphas);
    c += ldc;
    storeRow(c, c40, c41, alphas);
    if (MR == 6) {
      c += ldc;
      storeRow(c, c50, c51, alphas);
    }
  }
}

/**
 * Packs `count` rows of `depth` numbers, element (i, k) at `from + i * rowStep + k * step` (bytes), into
 * panels of `width` rows: out[k * width + i]. A last panel is filled up with zeros.
 */
function pack(
  from: usize,
  rowStep: usize,
  step: usize,
  count: i32,
  depth: i32,
  width: i32,
  out: usize,
): void {
  for (let i = 0; i < count; i += width) {
    const rows = min(width, count - i);
    if (rows < width) {
      memory.fill(out, 0, <usize>(depth * width) << 2);
      packPart(from, rowStep, step, rows, depth, width, out);
    } else if (rowStep == 4 && width == 8) packColumns8(from, step, depth, out);
    else if (step == 4 && width == 8) packRows8(from, rowStep, depth, out);
    else packPart(from, rowStep, step, rows, depth, width, out);
    out += <usize>(depth * width) << 2;
    from += <usize>width * rowStep;
  }
}

/** Eight neighbouring numbers at every k. */
function packColumns8(from: usize, step: usize, depth: i32, out: usize): void {
  for (let k = 0; k < depth; k++) {
    v128.store(out, v128.load(from));
    v128.store(out, v128.load(from, 16), 16);
    out += 32;
    from += step;
  }
}

/** Eight rows that are contiguous along k: 4 x 4 blocks are transposed in registers. */
function packRows8(from: usize, rowStep: usize, depth: i32, out: usize): void {
  const second = from + 4 * rowStep;
  let k = 0;
  for (; k + 4 <= depth; k += 4) {
    transpose4(from + (<usize>k << 2), rowStep, out);
    transpose4(second + (<usize>k << 2), rowStep, out + 16);
    out += 128;
  }
  for (; k < depth; k++) {
    let p = from + (<usize>k << 2);
    for (let i = 0; i < 8; i++) {
      store<f32>(out, load<f32>(p));
      out += 4;
      p += rowStep;
    }
  }
}

/** Four rows of four numbers become columns, 32 bytes apart. */
// @ts-ignore: decorator
@inline
function transpose4(from: usize, rowStep: usize, out: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + rowStep);
  const r2 = v128.load(from + 2 * rowStep);
  const r3 = v128.load(from + 3 * rowStep);
  const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(out, v128.shuffle<f64>(low01, low23, 1, 3), 32);
  v128.store(out, v128.shuffle<f64>(high01, high23, 0, 2), 64);
  v128.store(out, v128.shuffle<f64>(high01, high23, 1, 3), 96);
}

function packPart(
  from: usize,
  rowStep: usize,
  step: usize,
  rows: i32,
  depth: i32,
  width: i32,
  out: usize,
): void {
  const outStep = <usize>width << 2;
  for (let i = 0; i < rows; i++) {
    let p = from + <usize>i * rowStep;
    let q = out + (<usize>i << 2);
    for (let k = 0; k < depth; k++) {
      store<f32>(q, load<f32>(p));
      p += step;
      q += outStep;
    }
  }
}

/** A tile that reaches over the matrix' edge: computed apart, and the part inside copied. */
function edgeTile(
  rows: i32,
  cols: i32,
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  ldc: usize,
  alpha: f32,
  beta: f32,
  scratch: usize,
): void {
  tile(depth, a, b, scratch, NR << 2, alpha, 0);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < cols; j++) {
      const at = c + (<usize>j << 2);
      let x = load<f32>(scratch + (<usize>(r * NR + j) << 2));
      if (beta != 0) x += beta * load<f32>(at);
      store<f32>(at, x);
    }
    c += ldc;
  }
}

/**
 * `C = f(alpha op(A) op(B) + beta C)` for an `m x n` matrix C, `k` the length of the sums. Element (i, p) of op(A)
 * is at `a + i * aRow + p * aStep`, element (p, j) of op(B) at `b + j * bRow + p * bStep`; steps and `ldc` in
 * bytes. `f` is an activation's number, or 0. Sums are taken in order of p within blocks of KC.
 */
export function product(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bRow: usize,
  bStep: usize,
  c: usize,
  ldc: usize,
  alpha: f32,
  beta: f32,
  epilogue: i32,
  workspace: usize,
): void {
  const packedA = workspace;
  const packedB = packedA + <usize>(4 * MC * KC);
  const scratch = packedB + <usize>(4 * KC * NC);
  for (let jc = 0; jc < n; jc += NC) {
    const nc = min(NC, n - jc);
    for (let pc = 0; pc < k; pc += KC) {
      const kc = min(KC, k - pc);
      const blockBeta: f32 = pc == 0 ? beta : 1;
      pack(b + <usize>jc * bRow + <usize>pc * bStep, bRow, bStep, nc, kc, NR, packedB);
      for (let ic = 0; ic < m; ic += MC) {
        const mc = min(MC, m - ic);
        pack(a + <usize>ic * aRow + <usize>pc * aStep, aRow, aStep, mc, kc, MR, packedA);
        const block = c + <usize>ic * ldc + (<usize>jc << 2);
        tiles(mc, nc, kc, packedA, packedB, block, ldc, alpha, blockBeta, scratch);
        if (epilogue && pc + kc == k) activate(epilogue, block, ldc, block, ldc, mc, nc);
      }
    }
  }
}

function tiles(
  m: i32,
  n: i32,
  depth: i32,
  packedA: usize,
  packedB: usize,
  c: usize,
  ldc: usize,
  alpha: f32,
  beta: f32,
  scratch: usize,
): void {
  let b = packedB;
  for (let j = 0; j < n; j += NR) {
    let a = packedA;
    let at = c + (<usize>j << 2);
    const cols = min(NR, n - j);
    for (let i = 0; i < m; i += MR) {
      const rows = min(MR, m - i);
      if (rows == MR && cols == NR) tile(depth, a, b, at, ldc, alpha, beta);
      else edgeTile(rows, cols, depth, a, b, at, ldc, alpha, beta, scratch);
      a += <usize>(depth * MR) << 2;
      at += <usize>MR * ldc;
    }
    b += <usize>(depth * NR) << 2;
  }
}
