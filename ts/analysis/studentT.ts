/**
 * A confidence level, given by its quantile of the normal distribution and its quantiles of Student's t for 1 to 10
 * degrees of freedom.
 */
export interface Confidence {
  readonly normal: number;
  readonly few: readonly number[];
}

/** Two-sided 95 %. */
export const P95: Confidence = {
  normal: 1.959963984540054,
  few: [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814],
};
/** The level of three standard deviations of a normal distribution, 99.73 %. */
export const THREE_SIGMAS: Confidence = {
  normal: 3,
  few: [235.802, 19.2067, 9.2189, 6.6202, 5.5071, 4.9041, 4.53, 4.2766, 4.0943, 3.9569],
};

/**
 * Quantile of Student's t; NaN below one degree of freedom. From 11 degrees on it uses the Cornish-Fisher expansion
 * around the normal quantile (Abramowitz and Stegun, 26.7.5), which is accurate to 1e-4 for 95 % and to 1e-3 for three
 * sigmas.
 */
export function studentT(degrees: number, { normal: z, few }: Confidence = P95): number {
  if (!(degrees >= 1)) return Number.NaN;
  if (degrees <= few.length) return few[degrees - 1];
  const g1 = (z ** 3 + z) / 4;
  const g2 = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const g3 = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + g1 / degrees + g2 / degrees ** 2 + g3 / degrees ** 3;
}
