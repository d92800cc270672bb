// `Math.max(...values)` overflows the stack for some hundred thousand values. These functions take any number of them.

/** The smallest value; Infinity if there are none, NaN if one is NaN. */
export function least(values: ArrayLike<number>): number {
  let found = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i++) found = Math.min(found, values[i]);
  return found;
}

/** The largest value; -Infinity if there are none, NaN if one is NaN. */
export function largest(values: ArrayLike<number>): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) found = Math.max(found, values[i]);
  return found;
}

const PART = 1024;

/** The Euclidean length of a vector, even if its square overflows. */
export function lengthOf(vector: Float64Array): number {
  let found = 0;
  for (let first = 0; first < vector.length; first += PART) {
    found = Math.hypot(found, ...vector.subarray(first, first + PART));
  }
  return found;
}
