/** Measurements at one step of a run, from which the following steps are predicted. */
export interface DriftMoment {
  /** Updates made. */
  readonly step: number;
  /** `tr(W^T <H> W) / |W|^2`. */
  readonly curvature: number;
  /** `|<H> W|^2 / |W|^2`. */
  readonly square: number;
  /** `<|g|^2>`. */
  readonly gradientSquare: number;
  /** `tr(W^T <g g^T> W)`. */
  readonly gradientAlong: number;
}

/** A norm over time, and the standard deviation of a single run around it. */
export interface DriftPath {
  /** Expected `|W_NI|`, `[moments]`. */
  readonly norm: Float64Array;
  /** Standard deviation of a single run's norm, `[moments]`. */
  readonly deviation: Float64Array;
  /** What diffusion has added to `ln |W|` so far, `[moments]`. */
  readonly diffused: Float64Array;
}

/**
 * The expected norm of the noise weights over time, from curvatures measured during the run (derived from Levi et al.,
 * arXiv:2210.13599, section 2). Each step is
 *
 *     |W|^2 <- |W|^2 (1 - 2 eta sigma^2 q + (eta sigma^2)^2 q2) + eta^2 sigma^2 m <|g|^2> / B
 *
 * where q, q2 and <|g|^2> are interpolated linearly between the moments. The first term is the drift, the second the
 * diffusion that keeps the norm from reaching zero. Diffusion along `W` itself makes runs differ: `Var |W|^2` grows by
 * `4 eta^2 sigma^2 tr(W^T <g g^T> W) / B` per step, and decays with the drift.
 * @returns the norm, its deviation and the part added by diffusion, at the step of each moment.
 */
export function driftPath(
  moments: readonly DriftMoment[],
  niwNorm: number,
  noise: {
    readonly learningRate: number;
    readonly sigma: number;
    readonly batch: number;
    readonly nodes: number;
  },
): DriftPath {
  const { learningRate, sigma, batch, nodes } = noise;
  const rate = learningRate * sigma * sigma;
  const diffusion = ((learningRate * sigma) ** 2 * nodes) / batch;
  const norm = new Float64Array(moments.length);
  const deviation = new Float64Array(moments.length);
  const diffused = new Float64Array(moments.length);
  let square = niwNorm * niwNorm;
  let variance = 0;
  norm[0] = niwNorm;
  for (let i = 1; i < moments.length; i++) {
    const [from, to] = [moments[i - 1], moments[i]];
    const steps = to.step - from.step;
    diffused[i] = diffused[i - 1];
    for (let t = 0; t < steps; t++) {
      const part = t / steps;
      const between = (a: number, b: number) => a + part * (b - a);
      const q = between(from.curvature, to.curvature);
      const q2 = between(from.square, to.square);
      const left = Math.max(0, 1 - 2 * rate * q + rate * rate * q2);
      const along = between(from.gradientAlong, to.gradientAlong);
      variance = left * left * variance + ((4 * (learningRate * sigma) ** 2) / batch) * along;
      const added = diffusion * between(from.gradientSquare, to.gradientSquare);
      diffused[i] += added / (2 * square);
      square = left * square + added;
    }
    norm[i] = Math.sqrt(square);
    deviation[i] = Math.sqrt(variance) / (2 * norm[i]);
  }
  return { norm, deviation, diffused };
}
