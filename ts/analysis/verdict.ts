import type { Estimate } from "./estimate.js";
import { studentT, THREE_SIGMAS } from "./studentT.js";

/** Whether a prediction and a measurement agree; `not told` where the numbers cannot say. */
export type Verdict = "within" | "outside" | "not told";

/** Standard errors that two numbers may lie apart. */
export const STANDARD_ERRORS = THREE_SIGMAS.normal;

/**
 * How many of a mean's standard errors make the same confidence as three of a normal number, where the error itself comes
 * from the scatter of `count` values. From a single value there is no error at all.
 */
export function threeSigmas(count: number): number {
  return count > 1 ? studentT(count - 1, THREE_SIGMAS) : Number.POSITIVE_INFINITY;
}

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
  const wide = count === Number.POSITIVE_INFINITY ? STANDARD_ERRORS : threeSigmas(count);
  const error = Math.hypot(
    STANDARD_ERRORS * predicted.error,
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
  const room = Math.max(STANDARD_ERRORS * (error || 0), allowed * value);
  return value + room >= bracket[0] && value - room <= bracket[1] ? "within" : "outside";
}
