/**
 * Where the linear model's phases meet, in population and to leading order (Levi et al., arXiv:2210.13599,
 * section 3; the rate derived from the exact recursion): `kappa = eta sigma^2 lambda(0)`.
 *
 * The effective noise weight `alpha w2^T W_NI` falls by `1 - eta sigma^2 lambda` a step, not by
 * `1 - eta sigma^2 alpha^2 |w2|^2`: half of it (from a balanced start) is the fall of `w2` along `W_NI`.
 */
export interface LinearBoundaries {
  /** The effective noise weight falls by a factor e in `steps`: `(1 - eta sigma^2 lambda)^steps = 1/e`. */
  readonly decay: number;
  /** `kappa = 2`: the noise weights' direction becomes unstable. */
  readonly catapult: number;
  /** `kappa = 4`: the catapult no longer comes down. */
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
