import { type Image, imageOf } from "./image.js";

/**
 * A cloud from 0 to 1 by the diamond-square algorithm (A. Fournier, D. Fussell, L. Carpenter, "Computer rendering of
 * stochastic models", 1982) on a map whose opposite borders meet. Each new point is the mean of its four neighbours plus
 * a random part, uniform on +-w^2. The next finer points have w divided by `decay`, as in MNIST-C (arXiv:1906.02337).
 * @param size of the map, a power of two.
 * @param uniforms one number for each point of the map, row by row.
 * @returns the upper left part of the map, of the size of an image.
 */
export function plasma(size: number, decay: number, uniforms: ArrayLike<number>): Image {
  const map = new Float64Array(size * size);
  const at = (row: number, column: number) =>
    ((row + size) % size) * size + ((column + size) % size);
  let wobble = 1;
  for (let step = size; step >= 2; step /= 2) {
    const half = step / 2;
    /** Sets the points from a first one on, a step apart, from neighbours in these four directions. */
    const set = (row0: number, column0: number, directions: readonly (readonly number[])[]) => {
      for (let row = row0; row < size; row += step) {
        for (let column = column0; column < size; column += step) {
          const sum = directions.reduce(
            (total, [down, across]) => total + map[at(row + half * down, column + half * across)],
            0,
          );
          const place = at(row, column);
          map[place] = sum / 4 + wobble * wobble * (2 * uniforms[place] - 1);
        }
      }
    };
    set(half, half, DIAGONAL);
    set(0, half, STRAIGHT);
    set(half, 0, STRAIGHT);
    wobble /= decay;
  }
  const low = map.reduce((a, b) => (b < a ? b : a));
  const high = map.reduce((a, b) => (b > a ? b : a));
  return imageOf((row, column) => (map[at(row, column)] - low) / (high - low));
}

const DIAGONAL = [
  [-1, -1],
  [-1, 1],
  [1, -1],
  [1, 1],
] as const;
const STRAIGHT = [
  [-1, 0],
  [1, 0],
  [0, -1],
  [0, 1],
] as const;
