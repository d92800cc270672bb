// Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11), for eight counters
// at a time. Each round waits for the one before, so two vectors of counters take hardly longer than one.

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

/** The high words of the products of unsigned 32-bit lanes. */
// @ts-ignore: decorator
@inline
function highProducts(a: v128, b: v128): v128 {
  return v128.shuffle<u32>(
    i64x2.extmul_low_i32x4_u(a, b),
    i64x2.extmul_high_i32x4_u(a, b),
    1,
    3,
    5,
    7,
  );
}

/**
 * Writes the words of eight counters under key (k0, k1) to `out`. Each argument holds one word of four counters. First
 * come the counters (c0, c1, c2, c3), then (d0, d1, d2, d3); for each four, first their first words, then the second,
 * third and fourth ones.
 */
export function philox8(
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  k0: u32,
  k1: u32,
  out: usize,
): void {
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < 10; round++) {
    const key0 = i32x4.splat(k0);
    const key1 = i32x4.splat(k1);
    const c = v128.xor(v128.xor(highProducts(m1, c2), c1), key0);
    const d = v128.xor(v128.xor(highProducts(m1, d2), d1), key0);
    c1 = i32x4.mul(m1, c2);
    d1 = i32x4.mul(m1, d2);
    c2 = v128.xor(v128.xor(highProducts(m0, c0), c3), key1);
    d2 = v128.xor(v128.xor(highProducts(m0, d0), d3), key1);
    c3 = i32x4.mul(m0, c0);
    d3 = i32x4.mul(m0, d0);
    c0 = c;
    d0 = d;
    k0 += W0;
    k1 += W1;
  }
  v128.store(out, c0);
  v128.store(out, c1, 16);
  v128.store(out, c2, 32);
  v128.store(out, c3, 48);
  v128.store(out, d0, 64);
  v128.store(out, d1, 80);
  v128.store(out, d2, 96);
  v128.store(out, d3, 112);
}

const words = memory.data(128, 16);

/** Writes the four words of counter (c0, c1, c2, c3) under key (k0, k1) to `out`. */
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, out: usize): void {
  const x0 = i32x4.splat(c0);
  const x1 = i32x4.splat(c1);
  const x2 = i32x4.splat(c2);
  const x3 = i32x4.splat(c3);
  philox8(x0, x1, x2, x3, x0, x1, x2, x3, k0, k1, words);
  for (let k: usize = 0; k < 4; k++) store<u32>(out + (k << 2), load<u32>(words + (k << 4)));
}
