import { madd } from "./madd";
import { storeRow } from "./storeRow";

/**
 * The tile for hosts that combine neighbouring vectors of 128 bits into 256 bits (V8's revectorizer, which starts from
 * neighbouring stores). It is like `narrowTile` with 6 rows and 16 columns. Its 24 accumulators then become 12, which
 * fit into 16 registers with two vectors of B and one of A; on other hosts they spill. Each sum is computed as there,
 * with the same bits.
 */
export function wideTile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  const b0 = v128.load(b);
  const b1 = v128.load(b, 16);
  const b2 = v128.load(b, 32);
  const b3 = v128.load(b, 48);
  const a5 = v128.load32_splat(a, 20);
  let c50 = f32x4.mul(a5, b0);
  let c51 = f32x4.mul(a5, b1);
  let c52 = f32x4.mul(a5, b2);
  let c53 = f32x4.mul(a5, b3);
  const a4 = v128.load32_splat(a, 16);
  let c40 = f32x4.mul(a4, b0);
  let c41 = f32x4.mul(a4, b1);
  let c42 = f32x4.mul(a4, b2);
  let c43 = f32x4.mul(a4, b3);
  const a3 = v128.load32_splat(a, 12);
  let c30 = f32x4.mul(a3, b0);
  let c31 = f32x4.mul(a3, b1);
  let c32 = f32x4.mul(a3, b2);
  let c33 = f32x4.mul(a3, b3);
  const a2 = v128.load32_splat(a, 8);
  let c20 = f32x4.mul(a2, b0);
  let c21 = f32x4.mul(a2, b1);
  let c22 = f32x4.mul(a2, b2);
  let c23 = f32x4.mul(a2, b3);
  const a1 = v128.load32_splat(a, 4);
  let c10 = f32x4.mul(a1, b0);
  let c11 = f32x4.mul(a1, b1);
  let c12 = f32x4.mul(a1, b2);
  let c13 = f32x4.mul(a1, b3);
  const a0 = v128.load32_splat(a);
  let c00 = f32x4.mul(a0, b0);
  let c01 = f32x4.mul(a0, b1);
  let c02 = f32x4.mul(a0, b2);
  let c03 = f32x4.mul(a0, b3);
  const end = a + (<usize>(depth * 6) << 2);
  a += 24;
  while (a != end) {
    b += 64;
    const y0 = v128.load(b);
    const y1 = v128.load(b, 16);
    const y2 = v128.load(b, 32);
    const y3 = v128.load(b, 48);
    const x5 = v128.load32_splat(a, 20);
    c50 = madd(x5, y0, c50);
    c51 = madd(x5, y1, c51);
    c52 = madd(x5, y2, c52);
    c53 = madd(x5, y3, c53);
    const x4 = v128.load32_splat(a, 16);
    c40 = madd(x4, y0, c40);
    c41 = madd(x4, y1, c41);
    c42 = madd(x4, y2, c42);
    c43 = madd(x4, y3, c43);
    const x3 = v128.load32_splat(a, 12);
    c30 = madd(x3, y0, c30);
    c31 = madd(x3, y1, c31);
    c32 = madd(x3, y2, c32);
    c33 = madd(x3, y3, c33);
    const x2 = v128.load32_splat(a, 8);
    c20 = madd(x2, y0, c20);
    c21 = madd(x2, y1, c21);
    c22 = madd(x2, y2, c22);
    c23 = madd(x2, y3, c23);
    const x1 = v128.load32_splat(a, 4);
    c10 = madd(x1, y0, c10);
    c11 = madd(x1, y1, c11);
    c12 = madd(x1, y2, c12);
    c13 = madd(x1, y3, c13);
    const x0 = v128.load32_splat(a);
    c00 = madd(x0, y0, c00);
    c01 = madd(x0, y1, c01);
    c02 = madd(x0, y2, c02);
    c03 = madd(x0, y3, c03);
    a += 24;
  }
  storeRow(c, c00, c01, alpha, beta);
  storeRow(c + 32, c02, c03, alpha, beta);
  c += ldc;
  storeRow(c, c10, c11, alpha, beta);
  storeRow(c + 32, c12, c13, alpha, beta);
  c += ldc;
  storeRow(c, c20, c21, alpha, beta);
  storeRow(c + 32, c22, c23, alpha, beta);
  c += ldc;
  storeRow(c, c30, c31, alpha, beta);
  storeRow(c + 32, c32, c33, alpha, beta);
  c += ldc;
  storeRow(c, c40, c41, alpha, beta);
  storeRow(c + 32, c42, c43, alpha, beta);
  c += ldc;
  storeRow(c, c50, c51, alpha, beta);
  storeRow(c + 32, c52, c53, alpha, beta);
}
