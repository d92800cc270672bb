import { studentT } from "./studentT.js";

/** A mean over seeds and its 95 % confidence interval. */
export interface Interval {
  /** Arithmetic mean. */
  readonly mean: number;
  /** Lower end of the 95 % confidence interval of the mean (Student's t); NaN for fewer than two values. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
  /** Number of values. */
  readonly count: number;
}

/** The mean of independent values and its 95 % confidence interval; NaN if a value is not finite. */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const half = studentT(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - half, high: mean + half, count };
}
