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
 * `C = alpha A B` for sums of one or two terms, if neighbouring columns of B are neighbours in memory. Sixteen columns
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
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const b0 = f32x4.mul(v128.load(b), alphas);
    const b1 = f32x4.mul(v128.load(b, 16), alphas);
    const b2 = f32x4.mul(v128.load(b, 32), alphas);
    const b3 = f32x4.mul(v128.load(b, 48), alphas);
    const d = b + second;
    const d0 = f32x4.mul(v128.load(d), alphas);
    const d1 = f32x4.mul(v128.load(d, 16), alphas);
    const d2 = f32x4.mul(v128.load(d, 32), alphas);
    const d3 = f32x4.mul(v128.load(d, 48), alphas);
    let row = a;
    let to = c;
    for (let i = m; i > 0; i--) {
      let x = v128.load32_splat(row);
      let c0 = f32x4.mul(x, b0);
      let c1 = f32x4.mul(x, b1);
      let c2 = f32x4.mul(x, b2);
      let c3 = f32x4.mul(x, b3);
      if (two) {
        x = v128.load32_splat(row + aStep);
        c0 = madd(x, d0, c0);
        c1 = madd(x, d1, c1);
        c2 = madd(x, d2, c2);
        c3 = madd(x, d3, c3);
      }
      v128.store(to, c0);
      v128.store(to, c1, 16);
      v128.store(to, c2, 32);
      v128.store(to, c3, 48);
      row += aRow;
      to += ldc;
    }
    b += 64;
    c += 64;
  }
  for (; j < n; j += 4) {
    const count = min(4, n - j);
    const b0 = f32x4.mul(loadPart(b, count), alphas);
    const d0 = f32x4.mul(loadPart(b + second, count), alphas);
    let row = a;
    let to = c;
    for (let i = m; i > 0; i--) {
      let c0 = f32x4.mul(v128.load32_splat(row), b0);
      if (two) c0 = madd(v128.load32_splat(row + aStep), d0, c0);
      storePart(to, count, c0);
      row += aRow;
      to += ldc;
    }
    b += 16;
    c += 16;
  }
}

/** `C = alpha A B^T + beta C` if the rows of A and of B are both contiguous: two sums at a time, each in eight lanes. */
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
    for (let i = 0; i < m; i += 2) {
      // A row that is alone is computed twice.
      const isPair = i + 1 < m;
      let p = row;
      let r = isPair ? row + aRow : row;
      let q = b;
      let x0 = f32x4.splat(0);
      let x1 = f32x4.splat(0);
      let y0 = f32x4.splat(0);
      let y1 = f32x4.splat(0);
      let left = k;
      for (; left >= 8; left -= 8) {
        const z0 = v128.load(q);
        const z1 = v128.load(q, 16);
        x0 = madd(v128.load(p), z0, x0);
        x1 = madd(v128.load(p, 16), z1, x1);
        y0 = madd(v128.load(r), z0, y0);
        y1 = madd(v128.load(r, 16), z1, y1);
        p += 32;
        q += 32;
        r += 32;
      }
      if (left >= 4) {
        const z = v128.load(q);
        x0 = madd(v128.load(p), z, x0);
        y0 = madd(v128.load(r), z, y0);
        p += 16;
        q += 16;
        r += 16;
        left -= 4;
      }
      if (left) {
        const z = loadPart(q, left);
        x1 = madd(loadPart(p, left), z, x1);
        y1 = madd(loadPart(r, left), z, y1);
      }
      x0 = f32x4.add(x0, x1);
      y0 = f32x4.add(y0, y1);
      const pairs = f32x4.add(v128.shuffle<f32>(x0, y0, 0, 1, 4, 5), v128.shuffle<f32>(x0, y0, 2, 3, 6, 7));
      const sums = f32x4.add(pairs, v128.shuffle<f32>(pairs, pairs, 1, 0, 3, 2));
      putOne(to, alpha * f32x4.extract_lane(sums, 0), beta);
      if (isPair) putOne(to + ldc, alpha * f32x4.extract_lane(sums, 2), beta);
      row += 2 * aRow;
      to += 2 * ldc;
    }
    b += bRow;
    c += 4;
  }
}

/** Stores `count` elements of C: `sums + beta C`. */
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
