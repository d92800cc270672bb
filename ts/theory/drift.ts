/**
 * What the expansion to second order predicts for the noise weights (Levi et al., arXiv:2210.13599, section 2). In the
 * eigenbasis of `<H>`, component k of one node follows
 *
 *     w_k(t+1) = (1 - eta sigma^2 h_k) w_k(t) - eta <g_k eps>
 *
 * Its mean decays. Its variance grows towards a floor: `Var w_k = eta^2 sigma^2 <g_k^2>/B (1 - r^2t) / (1 - r^2)` with
 * `r = 1 - eta sigma^2 h_k`. In the limit of many steps it is `eta <g_k^2> / (B h_k (2 - eta sigma^2 h_k))`.
 * @module
 */

/** The state from which the expansion starts, in the eigenbasis of `<H>`. */
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

/** The settings of noise and optimiser that enter the expansion. */
export interface Noise {
  /** Step size `eta`. */
  readonly learningRate: number;
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Samples per step. */
  readonly batch: number;
}

/** The expected `|W_NI|^2` after a number of steps, split into drift and diffusion. */
export function niwSquare(
  { curvatures, squares, gradientSquares, nodes }: NoiseWeights,
  { learningRate, sigma, batch }: Noise,
  steps: number,
): {
  /** The part of the start that the drift has left. */
  readonly drift: number;
  /** The part that diffusion has added. */
  readonly floor: number;
} {
  let drift = 0;
  let floor = 0;
  for (let k = 0; k < curvatures.length; k++) {
    const rate = learningRate * sigma * sigma * curvatures[k];
    const left = (1 - rate) ** (2 * steps);
    drift += squares[k] * left;
    // 1 - r^2 = rate (2 - rate). If it vanishes, every step adds the same amount.
    const visits = Math.abs(rate) < 1e-12 ? steps : (1 - left) / (rate * (2 - rate));
    floor += ((nodes * (learningRate * sigma) ** 2 * gradientSquares[k]) / batch) * visits;
  }
  return { drift, floor };
}

/** Number of steps until the drift has reduced `|W_NI|` to 1/e of its start; null if it never does. */
export function niwTime(weights: NoiseWeights, noise: Noise, most = 1e9): number | null {
  const start = niwSquare(weights, noise, 0).drift;
  const left = (steps: number) => niwSquare(weights, noise, steps).drift / start - Math.exp(-2);
  return crossing(left, 1e-3, most);
}

/**
 * The `sigma` above which the drift reduces `|W_NI|` to below 1/e of its start within `steps`; null if no value below
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

/**
 * The number of steps until a fall to 1/e: `1 / tau = -ln|1 - rate|` with `rate = eta sigma^2 h`; null if there is no
 * fall.
 */
export function decayTime(rate: number): number | null {
  const fall = -(rate < 1 ? Math.log1p(-rate) : Math.log(rate - 1));
  return fall > 0 ? 1 / fall : null;
}

/** The `sigma` at which `eta sigma^2 h = 2`; null if the curvature is not positive. */
export function catapultSigma(learningRate: number, curvature: number): number | null {
  return curvature > 0 ? Math.sqrt(2 / (learningRate * curvature)) : null;
}

/**
 * The `sigma` at which `eta sigma^2 h(sigma |W_NI|) = 2`, with the curvature of the loss smoothed over the noise's own
 * reach (derived). It is null if this is not reached up to `most`: saturating activations have no catapult.
 * @param curvature h at a reach `delta`; each call may be expensive.
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
  // Increase sigma in steps of sqrt 2 to the first change of sign, then bisect.
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

/**
 * The point at which a function that starts above zero first falls below it, searched on a logarithmic scale; null if
 * there is none.
 */
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
