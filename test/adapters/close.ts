import { expect } from "vitest";
import type { NoiseProbe } from "../../ts/gauge/noiseProbe.js";

/** Float32 against float64, over the steps of these tests. */
const WITHIN = 2e-5;

/** Two probes saw the same training, up to the rounding of float32. */
export function expectSame(found: NoiseProbe, wanted: NoiseProbe): void {
  expect(found.records.length).toBe(wanted.records.length);
  found.records.forEach((record, i) => {
    const other = wanted.records[i];
    expect(record.step).toBe(other.step);
    for (const key of ["loss", "norm", "memory", "kick", "readingError"] as const) {
      expect(Math.abs(record[key] / other[key] - 1), `${key} of step ${i}`).toBeLessThan(WITHIN);
    }
    // Terms of either sign cancel in a reading; their size is that of its error.
    const scale = Math.abs(other.reading) + other.readingError;
    expect(Math.abs(record.reading - other.reading) / scale).toBeLessThan(WITHIN);
  });
  const [weights, others] = [found.weights, wanted.weights];
  const apart = weights.map((w, i) => Math.abs(w - others[i]));
  expect(Math.max(...apart)).toBeLessThan(WITHIN * Math.max(...others));
}

/** Mean distance of two curves. */
export function apart(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, x, i) => sum + Math.abs(x - b[i]), 0) / a.length;
}
