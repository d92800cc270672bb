import { activate } from "./activations";
import { pack, packOne } from "./pack";
import { THIN, thinDepth, thinDots, thinRows } from "./thin";
import { edgeTile, MR, NR, tile } from "./tile";

// The matrix product, in blocks as described by Goto and van de Geijn, for matrices that are a few hundred wide. A
// block of A is packed into panels of MR rows and stays in the second-level cache. B is packed one panel of NR columns
// at a time. The panel stays in the first-level cache while it is multiplied with the whole block of A.

/** Longest panel. One panel of A and one of B share the first-level cache, which has 32 kB on most hosts. */
const KC: i32 = 400;
/**
 * Numbers in a packed block of A. A second-level cache of 512 kB holds it together with the part of C that is computed.
 */
const BLOCK: i32 = 54000;

/** Bytes of workspace that a product of any size needs. */
export const WORKSPACE: usize = 4 * (BLOCK + KC * NR + MR * NR);

/**
 * `C = f(alpha op(A) op(B) + beta C)` for an `m x n` matrix C; `k` is the length of the sums. Element (i, p) of op(A)
 * is at `a + i * aRow + p * aStep`, element (p, j) of op(B) at `b + j * bRow + p * bStep`. Steps and `ldc` are in
 * bytes. `f` is an activation's number, or 0 for none. Sums are in order of p within blocks of at most KC.
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
  if (min(m, min(n, k)) <= THIN && thin(m, n, k, a, aRow, aStep, b, bRow, bStep, c, ldc, alpha, beta, workspace)) {
    if (epilogue) activate(epilogue, c, ldc, c, ldc, m, n);
    return;
  }
  const packedA = workspace;
  const packedB = packedA + 4 * BLOCK;
  const scratch = packedB + 4 * KC * NR;
  const depth = even(k, KC, 4);
  const height = even(m, BLOCK / depth / MR * MR, MR);
  for (let pc = 0; pc < k; pc += depth) {
    const kc = min(depth, k - pc);
    const blockBeta: f32 = pc == 0 ? beta : 1;
    for (let ic = 0; ic < m; ic += height) {
      const mc = min(height, m - ic);
      pack(a + <usize>ic * aRow + <usize>pc * aStep, aRow, aStep, mc, kc, MR, packedA);
      const block = c + <usize>ic * ldc;
      for (let jc = 0; jc < n; jc += NR) {
        const nc = min(NR, n - jc);
        pack(b + <usize>jc * bRow + <usize>pc * bStep, bRow, bStep, nc, kc, NR, packedB);
        tiles(mc, nc, kc, packedA, packedB, block + (<usize>jc << 2), ldc, alpha, blockBeta, scratch);
      }
      if (epilogue && pc + kc == k) activate(epilogue, block, ldc, block, ldc, mc, n);
    }
  }
}

/** Length of equal blocks: at most `most`, and a multiple of `step`, so that no short block is left at the end. */
function even(length: i32, most: i32, step: i32): i32 {
  const blocks = (length + most - 1) / most;
  return (((length + blocks - 1) / blocks + step - 1) / step) * step;
}

/** Multiplies all rows of a block of A with one panel of B. */
// @ts-ignore: decorator
@inline
function tiles(
  m: i32,
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
  const panel = <usize>(depth * MR) << 2;
  for (let i = 0; i < m; i += MR) {
    const rows = min(MR, m - i);
    if (rows == MR && cols == NR) tile(depth, a, b, c, ldc, alpha, beta);
    else edgeTile(rows, cols, depth, a, b, c, ldc, alpha, beta, scratch);
    a += panel;
    c += <usize>MR * ldc;
  }
}

/** Computes the product with the function for its short side. Returns false if there is none. */
function thin(
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
  workspace: usize,
): bool {
  if (k <= 2 && beta == 0 && n * 2 <= BLOCK) {
    if (bRow != 4) {
      for (let p = 0; p < k; p++) packOne(b + <usize>p * bStep, bRow, n, workspace + (<usize>(p * n) << 2), 4);
      b = workspace;
      bStep = <usize>n << 2;
    }
    thinDepth(m, n, k == 2, a, aRow, aStep, b, bStep, c, ldc, alpha);
  } else if (min(m, k) <= THIN && bRow == 4) {
    thinRows(m, n, k, a, aRow, aStep, b, bStep, c, ldc, 4, alpha, beta);
  } else if (min(n, k) <= THIN && aRow == 4) {
    thinRows(n, m, k, b, bRow, bStep, a, aStep, c, 4, ldc, alpha, beta);
  } else if (min(m, n) <= THIN && aStep == 4 && bStep == 4) {
    thinDots(m, n, k, a, aRow, b, bRow, c, ldc, alpha, beta);
  } else {
    return false;
  }
  return true;
}
