/**
 * What the expansion to second order predicts for the noise weights (Levi et al., arXiv:2210.13599, section 2). In
 * the eigenbasis of `<H>` component k of one node goes by
 *
 *     w_k(t+1) = (1 - eta sigma^2 h_k) w_k(t) - eta <g_k eps>
 *
 * whose mean decays and whose variance grows towards a floor: `Var w_k = eta^2 sigma^2 <g_k^2>/B (1 - r^2t) / (1 - r^2)`
 * with `r = 1 - eta sigma^2 h_k`, in the end `eta <g_k^2> / (B h_k (2 - eta sigma^2 h_k))`.
 * @module
 */

/** The state that the expansion starts from, in the eigenbasis of `<H>`. */
export interface NoiseWeights {
  /** Eigenvalues `h_k` of `<H>`. */
  readonly curvatures: ArrayLike<number>;
  /** `|w_k|^2`, summed over nodes. */
  readonly squares: ArrayLike<number>;
  /** `<g_k^2>`. */
  readonly gradientSquares: ArrayLike<number>;
  /** Number of noise nodes, `m`. */
  readonly nodes: number;
}

/** Noise and optimiser, as the expansion sees them. */
export interface Noise {
  /** Step size `eta`. */
  readonly learningRate: number;
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Samples a step. */
  readonly batch: number;
}

/** The expected `|W_NI|^2` after so many steps, drift and diffusion apart. */
export function niwSquare(
  { curvatures, squares, gradientSquares, nodes }: NoiseWeights,
  { learningRate, sigma, batch }: Noise,
  steps: number,
): {
  /** What the drift leaves of the start. */
  readonly drift: number;
  /** What diffusion has added. */
  readonly floor: number;
} {
  let drift = 0;
  let floor = 0;
  for (let k = 0; k < curvatures.length; k++) {
    const rate = learningRate * sigma * sigma * curvatures[k];
    const left = (1 - rate) ** (2 * steps);
    drift += squares[k] * left;
    // 1 - r^2 = rate (2 - rate); where that vanishes each step adds the same.
    const visits = Math.abs(rate) < 1e-12 ? steps : (1 - left) / (rate * (2 - rate));
    floor += ((nodes * (learningRate * sigma) ** 2 * gradientSquares[k]) / batch) * visits;
  }
  return { drift, floor };
}

/** Steps after which the drift has taken `|W_NI|` to 1/e of its start; null if it never does. */
export function niwTime(weights: NoiseWeights, noise: Noise, most = 1e9): number | null {
  const start = niwSquare(weights, noise, 0).drift;
  const left = (steps: number) => niwSquare(weights, noise, steps).drift / start - Math.exp(-2);
  return crossing(left, 1e-3, most);
}

/**
 * The `sigma` from which on the drift takes `|W_NI|` below 1/e of its start in `steps`; null if none below
 * instability does.
 */
export function decaySigma(
  weights: NoiseWeights,
  { learningRate, batch }: Omit<Noise, "sigma">,
  steps: number,
): number | null {
  const start = niwSquare(weights, { learningRate, batch, sigma: 0 }, 0).drift;
  const left = (sigma: number) =>
    niwSquare(weights, { learningRate, batch, sigma }, steps).drift / start - Math.exp(-2);
  const unstable = catapultSigma(learningRate, largest(weights.curvatures));
  return unstable === null ? null : crossing(left, unstable * 1e-6, unstable);
}

/** `1 / tau = -ln|1 - rate|`, `rate = eta sigma^2 h`: steps to 1/e; null where nothing falls. */
export function decayTime(rate: number): number | null {
  const fall = -(rate < 1 ? Math.log1p(-rate) : Math.log(rate - 1));
  return fall > 0 ? 1 / fall : null;
}

/** `eta sigma^2 h = 2`; null where nothing curves upwards. */
export function catapultSigma(learningRate: number, curvature: number): number | null {
  return curvature > 0 ? Math.sqrt(2 / (learningRate * curvature)) : null;
}

/**
 * The `sigma` at which `eta sigma^2 h(sigma |W_NI|) = 2`, where the curvature is that of the loss smoothed over the
 * noise's own reach (derived); null if it is not reached up to `most`: a saturating activation has no catapult.
 * @param curvature h at a reach `delta`; each call may be costly.
 */
export async function selfConsistentSigma(
  learningRate: number,
  niwNorm: number,
  curvature: (delta: number) => Promise<number>,
  [least, most]: readonly [number, number],
  tolerance = 0.01,
): Promise<number | null> {
  const excess = async (sigma: number) =>
    learningRate * sigma * sigma * (await curvature(sigma * niwNorm)) - 2;
  // Upwards in steps of sqrt 2 to the first sign change, then by bisection.
  let low = least;
  if ((await excess(low)) > 0) return low;
  let high = low;
  do {
    low = high;
    high = low * Math.SQRT2;
    if (high > most) return null;
  } while ((await excess(high)) < 0);
  while (high / low > 1 + tolerance) {
    const middle = Math.sqrt(low * high);
    if ((await excess(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/** Where a function that starts above zero first falls below it, on a logarithmic scale; null if it does not. */
function crossing(f: (x: number) => number, from: number, to: number): number | null {
  let low = from;
  let high = from;
  do {
    low = high;
    high = low * 1.05;
    if (low > to) return null;
  } while (!(f(high) < 0));
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(low * high);
    if (f(middle) < 0) high = middle;
    else low = middle;
  }
  return high;
}

function largest(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < values.length; k++) if (values[k] > max) max = values[k];
  return max;
}
