/**
 * The boundaries of the linear model's phases, in population and to leading order (Levi et al., arXiv:2210.13599,
 * section 3; the rate is derived from the exact recursion), with `kappa = eta sigma^2 lambda(0)`.
 *
 * In each step the effective noise weight `alpha w2^T W_NI` is multiplied by `1 - eta sigma^2 lambda`, not by `1 - eta
 * sigma^2 alpha^2 |w2|^2`. From a balanced start, half of the fall comes from the fall of `w2` along `W_NI`.
 */
export interface LinearBoundaries {
  /** The effective noise weight falls by a factor e in `steps`: `(1 - eta sigma^2 lambda)^steps = 1/e`. */
  readonly decay: number;
  /** `kappa = 2`: the noise weights' direction becomes unstable. */
  readonly catapult: number;
  /** `kappa = 4`: above it, the catapult does not come down again. */
  readonly divergent: number;
}

/**
 * The three boundaries in `sigma`.
 * @param lambda `alpha^2 (|w2|^2 + |W_NI|^2)` at the start.
 */
export function linearBoundaries(
  learningRate: number,
  steps: number,
  lambda: number,
): LinearBoundaries {
  const rate = -Math.expm1(-1 / steps);
  return {
    decay: Math.sqrt(rate / (learningRate * lambda)),
    catapult: Math.sqrt(2 / (learningRate * lambda)),
    divergent: Math.sqrt(4 / (learningRate * lambda)),
  };
}
