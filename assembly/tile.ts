import { madd } from "./madd";

/** Rows of a register tile: with fused multiply-add one register less is needed, and a row more fits. */
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;
export const NR: i32 = 8;

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
export function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  let b0 = v128.load(b);
  let b1 = v128.load(b, 16);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  if (MR == 6) {
    const a5 = v128.load32_splat(a, 20);
    c50 = f32x4.mul(a5, b0);
    c51 = f32x4.mul(a5, b1);
  }
  const a4 = v128.load32_splat(a, 16);
  let c40 = f32x4.mul(a4, b0);
  let c41 = f32x4.mul(a4, b1);
  const a3 = v128.load32_splat(a, 12);
  let c30 = f32x4.mul(a3, b0);
  let c31 = f32x4.mul(a3, b1);
  const a2 = v128.load32_splat(a, 8);
  let c20 = f32x4.mul(a2, b0);
  let c21 = f32x4.mul(a2, b1);
  const a1 = v128.load32_splat(a, 4);
  let c10 = f32x4.mul(a1, b0);
  let c11 = f32x4.mul(a1, b1);
  const a0 = v128.load32_splat(a);
  let c00 = f32x4.mul(a0, b0);
  let c01 = f32x4.mul(a0, b1);
  const end = a + (<usize>(depth * MR) << 2);
  a += MR << 2;
  while (a != end) {
    b += 32;
    const y0 = v128.load(b);
    const z0 = v128.load(b, 16);
    if (MR == 6) {
      const a5 = v128.load32_splat(a, 20);
      c50 = madd(a5, y0, c50);
      c51 = madd(a5, z0, c51);
    }
    const x40 = v128.load32_splat(a, 16);
    c40 = madd(x40, y0, c40);
    c41 = madd(x40, z0, c41);
    const x30 = v128.load32_splat(a, 12);
    c30 = madd(x30, y0, c30);
    c31 = madd(x30, z0, c31);
    const x20 = v128.load32_splat(a, 8);
    c20 = madd(x20, y0, c20);
    c21 = madd(x20, z0, c21);
    const x10 = v128.load32_splat(a, 4);
    c10 = madd(x10, y0, c10);
    c11 = madd(x10, z0, c11);
    const x00 = v128.load32_splat(a);
    c00 = madd(x00, y0, c00);
    c01 = madd(x00, z0, c01);
    a += MR << 2;
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

/** A tile that reaches over the matrix' edge: computed apart, and the part inside copied. */
export function edgeTile(
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
