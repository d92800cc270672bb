import type { Estimate } from "./estimate.js";
import { studentT, THREE_SIGMAS } from "./studentT.js";

/** Whether a prediction and a measurement agree. `not told` means that the numbers cannot decide. */
export type Verdict = "within" | "outside" | "not told";

/** Number of standard errors that two numbers may differ by. */
export const STANDARD_ERRORS = THREE_SIGMAS.normal;

/**
 * The number of standard errors of a mean that gives the same confidence as three standard deviations of a normal
 * number, if the error is estimated from the scatter of `count` values. A single value has no error.
 */
export function threeSigmas(count: number): number {
  return count > 1 ? studentT(count - 1, THREE_SIGMAS) : Number.POSITIVE_INFINITY;
}

/**
 * Whether two numbers agree within three standard errors, or within the relative difference `allowed`. The result is
 * `not told` if the errors are unknown, or so large that 0 would agree as well.
 * @param count number of values that the measured number's error comes from; default: many.
 */
export function verdictOf(
  predicted: Estimate,
  measured: Estimate,
  allowed: number,
  count = Number.POSITIVE_INFINITY,
): Verdict {
  const off = Math.abs(measured.value - predicted.value);
  const part = allowed * Math.abs(predicted.value);
  const wide = count === Number.POSITIVE_INFINITY ? STANDARD_ERRORS : threeSigmas(count);
  const error = Math.hypot(
    STANDARD_ERRORS * predicted.error,
    measured.error === 0 ? 0 : wide * measured.error,
  );
  if (!Number.isFinite(off) || !Number.isFinite(error)) return "not told";
  if (error > Math.abs(predicted.value) && error > part) return "not told";
  return off <= Math.max(error, part) ? "within" : "outside";
}

/**
 * Whether a predicted boundary, with three of its errors or the relative difference `allowed`, overlaps the measured
 * bracket.
 */
export function boundaryVerdict(
  predicted: Estimate | null,
  bracket: readonly [number, number] | null,
  allowed: number,
): Verdict {
  if (!predicted || !bracket) return "not told";
  const { value, error } = predicted;
  const room = Math.max(STANDARD_ERRORS * (error || 0), allowed * value);
  return value + room >= bracket[0] && value - room <= bracket[1] ? "within" : "outside";
}
