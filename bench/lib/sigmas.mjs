/** The noise levels of an ensemble of so many runs: from 0.01 to 1, logarithmically spaced; none diverges. */
export function sigmas(count) {
  return Array.from({ length: count }, (_, i) => 0.01 * 100 ** (i / Math.max(1, count - 1)));
}
