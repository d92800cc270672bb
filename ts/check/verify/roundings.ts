/** float32's unit roundoff. */
export const UNIT_ROUNDOFF = 2 ** -24;
/** Smallest normal float32: below it machines may take numbers for 0. */
export const TINY = 2 ** -126;

/** The relative error of a sum of `terms` rounded terms, whatever their order (Higham, chapter 3). */
export function gamma(terms: number): number {
  return (terms * UNIT_ROUNDOFF) / (1 - terms * UNIT_ROUNDOFF);
}

/**
 * The longest chain of additions in a machine's sum of `length` numbers into the trace: each of at most 256 groups of
 * 256 threads adds its share one by one, then the threads' sums (at most 64 parts, and what a subgroup does at
 * once), then the groups' likewise. Machines that sum in float64 are well within.
 */
export function chainLength(length: number): number {
  const groups = Math.max(1, Math.min(256, Math.ceil(length / 4096)));
  const threads = 66;
  return Math.ceil(length / (256 * groups)) + threads + (groups > 1 ? 1 + threads : 0);
}

/** A small generator (Mulberry32), for numbers to test with. */
export function mulberry(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
