/** The values of sigma of an ensemble with a number of runs: from 0.01 to 1, logarithmically spaced; no run diverges. */
export function sigmas(count) {
  return Array.from({ length: count }, (_, i) => 0.01 * 100 ** (i / Math.max(1, count - 1)));
}
