import { madd } from "./madd";
import { loadPart, storePart } from "./partial";

// Products in which one side is so short that packed panels would be mostly zeros.

/** A side of at most this length is short. */
export const THIN: i32 = 4;

/**
 * `C = alpha A B + beta C` if neighbouring columns of B are neighbours in memory: 16 columns at a time, sums in order
 * of p. Element (i, j) of C is at `c + i * cRow + j * cStep`, so C may also be the transpose of the stored matrix.
 */
export function thinRows(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  cRow: usize,
  cStep: usize,
  alpha: f32,
  beta: f32,
): void {
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    let row = a;
    let to = c;
    for (let i = 0; i < m; i++) {
      let x = f32x4.splat(load<f32>(row) * alpha);
      let c0 = f32x4.mul(x, v128.load(b));
      let c1 = f32x4.mul(x, v128.load(b, 16));
      let c2 = f32x4.mul(x, v128.load(b, 32));
      let c3 = f32x4.mul(x, v128.load(b, 48));
      let p = row;
      let q = b;
      for (let left = k - 1; left > 0; left--) {
        p += aStep;
        q += bStep;
        x = f32x4.splat(load<f32>(p) * alpha);
        c0 = madd(x, v128.load(q), c0);
        c1 = madd(x, v128.load(q, 16), c1);
        c2 = madd(x, v128.load(q, 32), c2);
        c3 = madd(x, v128.load(q, 48), c3);
      }
      put(to, cStep, 4, c0, beta);
      put(to + 4 * cStep, cStep, 4, c1, beta);
      put(to + 8 * cStep, cStep, 4, c2, beta);
      put(to + 12 * cStep, cStep, 4, c3, beta);
      row += aRow;
      to += cRow;
    }
    b += 64;
    c += 16 * cStep;
  }
  for (; j < n; j += 4) {
    const count = min(4, n - j);
    let row = a;
    let to = c;
    for (let i = 0; i < m; i++) {
      let sum = f32x4.splat(0);
      let p = row;
      let q = b;
      for (let left = k; left > 0; left--) {
        sum = madd(f32x4.splat(load<f32>(p) * alpha), loadPart(q, count), sum);
        p += aStep;
        q += bStep;
      }
      put(to, cStep, count, sum, beta);
      row += aRow;
      to += cRow;
    }
    b += 16;
    c += 4 * cStep;
  }
}

/**
 * `C = alpha A B` for sums of one or two terms, if neighbouring columns of B are neighbours in memory. Eight columns
 * stay in registers.
 */
export function thinDepth(
  m: i32,
  n: i32,
  two: bool,
  a: usize,
  aRow: usize,
  aStep: usize,
  b: usize,
  bStep: usize,
  c: usize,
  ldc: usize,
  alpha: f32,
): void {
  const alphas = f32x4.splat(alpha);
  const second = two ? bStep : 0;
  for (let j = 0; j < n; j += 8) {
    const low = min(4, n - j);
    const high = min(4, n - j - 4);
    const b0 = f32x4.mul(loadPart(b, low), alphas);
    const d0 = f32x4.mul(loadPart(b + second, low), alphas);
    let b1 = b0;
    let d1 = d0;
    if (high > 0) {
      b1 = f32x4.mul(loadPart(b + 16, high), alphas);
      d1 = f32x4.mul(loadPart(b + second + 16, high), alphas);
    }
    let row = a;
    let to = c;
    for (let i = m; i > 0; i--) {
      let x = v128.load32_splat(row);
      let c0 = f32x4.mul(x, b0);
      let c1 = f32x4.mul(x, b1);
      if (two) {
        x = v128.load32_splat(row + aStep);
        c0 = madd(x, d0, c0);
        c1 = madd(x, d1, c1);
      }
      if (high == 4) {
        v128.store(to, c0);
        v128.store(to, c1, 16);
      } else {
        storePart(to, low, c0);
        if (high > 0) storePart(to + 16, high, c1);
      }
      row += aRow;
      to += ldc;
    }
    b += 32;
    c += 32;
  }
}

/** `C = alpha A B^T + beta C` if the rows of A and of B are both contiguous: one sum after another, in eight lanes. */
export function thinDots(
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  aRow: usize,
  b: usize,
  bRow: usize,
  c: usize,
  ldc: usize,
  alpha: f32,
  beta: f32,
): void {
  for (let j = 0; j < n; j++) {
    let row = a;
    let to = c;
    for (let i = 0; i < m; i++) {
      let sums = f32x4.splat(0);
      let others = f32x4.splat(0);
      let p = row;
      let q = b;
      let left = k;
      for (; left >= 8; left -= 8) {
        sums = madd(v128.load(p), v128.load(q), sums);
        others = madd(v128.load(p, 16), v128.load(q, 16), others);
        p += 32;
        q += 32;
      }
      if (left >= 4) {
        sums = madd(v128.load(p), v128.load(q), sums);
        p += 16;
        q += 16;
        left -= 4;
      }
      if (left) others = madd(loadPart(p, left), loadPart(q, left), others);
      sums = f32x4.add(sums, others);
      const pairs = f32x4.add(sums, v128.shuffle<f32>(sums, sums, 2, 3, 0, 1));
      const sum = f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
      store<f32>(to, beta != 0 ? alpha * sum + beta * load<f32>(to) : alpha * sum);
      row += aRow;
      to += ldc;
    }
    b += bRow;
    c += 4;
  }
}

/** Stores `count` elements of C: `sums + beta C`. */
// @ts-ignore: decorator
@inline
function put(to: usize, step: usize, count: i32, sums: v128, beta: f32): void {
  if (step == 4) {
    if (beta != 0) sums = f32x4.add(sums, f32x4.mul(loadPart(to, count), f32x4.splat(beta)));
    storePart(to, count, sums);
  } else {
    putOne(to, f32x4.extract_lane(sums, 0), beta);
    if (count > 1) putOne(to + step, f32x4.extract_lane(sums, 1), beta);
    if (count > 2) putOne(to + 2 * step, f32x4.extract_lane(sums, 2), beta);
    if (count > 3) putOne(to + 3 * step, f32x4.extract_lane(sums, 3), beta);
  }
}

function putOne(to: usize, sum: f32, beta: f32): void {
  store<f32>(to, beta != 0 ? sum + beta * load<f32>(to) : sum);
}
