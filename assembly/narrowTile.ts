import { madd } from "./madd";
import { storeRow } from "./storeRow";

/** Number of rows. Fused multiply-add needs one register less, so one more row fits. */
export const ROWS: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 5;

/**
 * The tile for vectors of 128 bits: `acc = A B` for a packed panel of A (`depth x ROWS`) and one of B (`depth x 8`),
 * then `C = alpha acc + beta C` (the old C has no effect if beta is 0). The accumulators are local variables. 2 ROWS of
 * them, two vectors of B and one of A fit into 16 registers.
 *
 * The rows are computed from the last to the first, because V8's older compiler (TurboFan: Node 20) schedules a block
 * from its end, in the order in which the accumulators are stored. In ascending order it would put all loads first and
 * spill accumulators: 17 GFLOP/s instead of 34, with fused multiply-add 17 instead of 42 (Node 20.20, Zen 3). Compilers
 * that keep the order of the code are not affected.
 */
export function narrowTile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  let b0 = v128.load(b);
  let b1 = v128.load(b, 16);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  if (ROWS == 6) {
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
  const end = a + (<usize>(depth * ROWS) << 2);
  a += ROWS << 2;
  while (a != end) {
    b += 32;
    const y0 = v128.load(b);
    const z0 = v128.load(b, 16);
    if (ROWS == 6) {
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
    a += ROWS << 2;
  }
  storeRow(c, c00, c01, alpha, beta);
  c += ldc;
  storeRow(c, c10, c11, alpha, beta);
  c += ldc;
  storeRow(c, c20, c21, alpha, beta);
  c += ldc;
  storeRow(c, c30, c31, alpha, beta);
  c += ldc;
  storeRow(c, c40, c41, alpha, beta);
  if (ROWS == 6) {
    c += ldc;
    storeRow(c, c50, c51, alpha, beta);
  }
}
