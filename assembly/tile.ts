import { narrowTile, ROWS } from "./narrowTile";
import { wideTile } from "./wideTile";

/**
 * Rows and columns of a register tile. `WIDE`, which `asconfig.json` sets, is 1 in the build for hosts that make vectors
 * of 256 bits of pairs.
 */
export const MR: i32 = ROWS;
// @ts-ignore: a constant of the build
export const NR: i32 = WIDE ? 16 : 8;

/** One register tile: `C = alpha A B + beta C` of a packed panel of A (`depth x MR`) and one of B (`depth x NR`). */
// @ts-ignore: decorator
@inline
export function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  if (WIDE) wideTile(depth, a, b, c, ldc, alpha, beta);
  else narrowTile(depth, a, b, c, ldc, alpha, beta);
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
