import { activate } from "./activations";
import { pack } from "./pack";
import { edgeTile, MR, NR, tile } from "./tile";

// The matrix product, blocked as Goto and van de Geijn describe: B is packed into panels of NR columns that stay
// in the first cache, A into panels of MR rows that stay in the second.

const MC: i32 = MR * 20;
const KC: i32 = 256;
const NC: i32 = 640; // a layer of 512 with its constant and noise columns is one block

/** Bytes of workspace that a product of any size needs. */
export const WORKSPACE: usize = 4 * (MC * KC + KC * NC + MR * NR);

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
