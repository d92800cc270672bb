import { narrowTile, ROWS } from "./narrowTile";
import { wideTile } from "./wideTile";

/**
 * Rows and columns of a register tile. `WIDE`, which `asconfig.json` sets, is 1 in the build for hosts that combine
 * pairs of vectors into 256 bits.
 */
export const MR: i32 = ROWS;
// @ts-ignore: a constant of the build
export const NR: i32 = WIDE ? 16 : 8;

/**
 * Computes one register tile: `C = alpha A B + beta C` for a packed panel of A (`depth x MR`) and one of B (`depth x
 * NR`).
 */
// @ts-ignore: decorator
@inline
export function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, alpha: f32, beta: f32): void {
  if (WIDE) wideTile(depth, a, b, c, ldc, alpha, beta);
  else narrowTile(depth, a, b, c, ldc, alpha, beta);
}

/**
 * A tile that exceeds the edge of the matrix. It is computed in scratch memory, and the part inside the matrix is
 * copied.
 */
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
