import type { Estimate } from "./estimate.js";

/** Whether a prediction and a measurement agree; `not told` where the numbers cannot say. */
export type Verdict = "within" | "outside" | "not told";

/** Standard errors that two numbers may lie apart. */
export const SIGMAS = 3;

/**
 * How many of a mean's standard errors make the same confidence as three of a normal number (99.73 %), where the error
 * itself comes from the scatter of `count` values: Student's t. From a single value there is no error at all.
 */
export function threeSigmas(count: number): number {
  const degrees = count - 1;
  if (!(degrees >= 1)) return Number.POSITIVE_INFINITY;
  if (degrees <= T_THREE.length) return T_THREE[degrees - 1];
  // The expansion about the normal quantile (Abramowitz and Stegun, 26.7.5), good to 1e-3 from 11 degrees on.
  const z = SIGMAS;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
}

/** For 1 to 10 degrees of freedom. */
const T_THREE = [235.802, 19.2067, 9.2189, 6.6202, 5.5071, 4.9041, 4.53, 4.2766, 4.0943, 3.9569];

/**
 * Whether two numbers agree within three standard errors, or within the relative part that is `allowed`. Where the
 * errors are unknown, or so large that 0 would agree as well, nothing can be told.
 * @param count values that the measured number's error comes from; left out: many.
 */
export function verdictOf(
  predicted: Estimate,
  measured: Estimate,
  allowed: number,
  count = Number.POSITIVE_INFINITY,
): Verdict {
  const off = Math.abs(measured.value - predicted.value);
  const part = allowed * Math.abs(predicted.value);
  const wide = count === Number.POSITIVE_INFINITY ? SIGMAS : threeSigmas(count);
  const error = Math.hypot(
    SIGMAS * predicted.error,
    measured.error === 0 ? 0 : wide * measured.error,
  );
  if (!Number.isFinite(off) || !Number.isFinite(error)) return "not told";
  if (error > Math.abs(predicted.value) && error > part) return "not told";
  return off <= Math.max(error, part) ? "within" : "outside";
}

/** Whether a predicted boundary, with three of its errors or `allowed`, meets the bracket that was measured. */
export function boundaryVerdict(
  predicted: Estimate | null,
  bracket: readonly [number, number] | null,
  allowed: number,
): Verdict {
  if (!predicted || !bracket) return "not told";
  const { value, error } = predicted;
  const room = Math.max(SIGMAS * (error || 0), allowed * value);
  return value + room >= bracket[0] && value - room <= bracket[1] ? "within" : "outside";
}
