/** A mean over seeds, and how well it is known. */
export interface Interval {
  readonly mean: number;
  /** Ends of the 95 % confidence interval of the mean (Student's t); NaN with fewer than two values. */
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

/** The mean of independent values and its 95 % confidence interval; NaN where a value is not finite. */
export function meanInterval(values: readonly number[]): Interval {
  const count = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / count;
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  const half = studentT(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { mean, low: mean - half, high: mean + half, count };
}

/** Two-sided 95 % quantiles of Student's t for 1 to 10 degrees of freedom. */
const T95 = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814,
];

/**
 * Two-sided 95 % quantile of Student's t; beyond the table the Cornish-Fisher expansion about the normal
 * quantile z (Abramowitz and Stegun, 26.7.5), good to 1e-4 from 11 degrees of freedom on.
 */
export function studentT(degrees: number): number {
  if (degrees < 1) return Number.NaN;
  if (degrees <= T95.length) return T95[degrees - 1];
  const z = 1.959963984540054;
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
}
