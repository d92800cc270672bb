/** float32's unit roundoff. */
export const UNIT_ROUNDOFF = 2 ** -24;
/** Smallest normal float32. Machines may treat smaller numbers as 0. */
export const TINY = 2 ** -126;

/** Bound on the relative error of a sum of `terms` rounded terms in any order (Higham, chapter 3). */
export function gamma(terms: number): number {
  return (terms * UNIT_ROUNDOFF) / (1 - terms * UNIT_ROUNDOFF);
}

/**
 * The longest chain of additions when a machine sums `length` numbers into the trace. A GPU has at most 256 workgroups
 * of 256 threads. Each thread adds its numbers one by one. Then the threads' sums are added (at most 64 parts, plus the
 * additions within a subgroup), and then those of the workgroups in the same way. Machines that sum in float64 are well
 * within this.
 */
export function chainLength(length: number): number {
  const groups = Math.max(1, Math.min(256, Math.ceil(length / 4096)));
  const threads = 66;
  return Math.ceil(length / (256 * groups)) + threads + (groups > 1 ? 1 + threads : 0);
}

/** A small random generator (Mulberry32) for test numbers: uniform on [0, 1). */
export function mulberry(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
