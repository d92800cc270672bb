import type { Estimate } from "../analysis/estimate.js";
import { STANDARD_ERRORS, verdictOf } from "../analysis/verdict.js";
import type { Comparison, ProbeResult } from "./probeResult.js";

/** Relative tolerance for what expansion and fits leave out, besides the statistical errors. */
export const SYSTEMATIC = 0.05;
/** The same if the curvature at the start, or a mean, replaces one that changes. */
export const CHANGING = 0.25;

/** A probed run, before it is compared with anything. */
export type Measured = Omit<ProbeResult, "comparisons">;

/** In words: how far two numbers may lie apart, or why there is no verdict. */
export function byOf(allowed: number, told = true): string {
  return told
    ? `${STANDARD_ERRORS} standard errors, or ${100 * allowed} %`
    : "no verdict: holds below the catapult, for plain SGD";
}

/** A number without an error. */
export function exact(value: number): Estimate {
  return { value, error: 0 };
}

/**
 * Compares a prediction with a measurement.
 * @param count values that the measured error comes from; left out: many.
 */
export function judged(
  what: string,
  predicted: Estimate,
  measured: Estimate | null,
  allowed: number,
  count?: number,
): Comparison {
  const verdict = measured ? verdictOf(predicted, measured, allowed, count) : "not told";
  return { what, predicted, measured, verdict, by: byOf(allowed) };
}
