import { dot, squares } from "../analysis/vectors.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { initialParameters } from "../train/parameters.js";
import type { Prepared } from "../train/prepare.js";

/**
 * The factor by which the first step multiplies `|W_NI|^2` on average (theory, section 4), and its two parts:
 * `gain = 1 + drift + diffusion`.
 */
export interface StepGain {
  /** Root mean square of the noise. */
  readonly sigma: number;
  /** The whole factor. */
  readonly gain: number;
  /** `-2 eta <W_NI, F> / |W_NI|^2 + eta^2 |F|^2 / |W_NI|^2` with the mean gradient `F`, noise on. */
  readonly drift: number;
  /**
   * `eta^2 (D - |F|^2) / (|B| |W_NI|^2)` with the mean squared gradient `D` of single samples. `D` comes from gradients
   * without noise, so it is only a rough guide where the noise is strong.
   */
  readonly diffusion: number;
}

/** Training samples of a probe pass. */
const SAMPLES = 128;
/** Draws of the noise weights that a gain is averaged over, the run's own first. */
const DRAWS = 3;
/** The gain beyond which the norm overshoots by the classifier's 1.1. */
export const OVERSHOOTING = 1.21;

/** Measures the step map's gain at a run's start by antithetic probe passes of its first noise group, which train nothing. */
export class GainProbe {
  /** Gradients of single samples made so far. */
  passes = 0;
  readonly #prepared: Prepared;
  readonly #curvature: CurvatureProbe;
  /** Draws of `W_NI`, `[d, m]`. */
  readonly #draws: readonly Float64Array[];
  readonly #gradientSquare: number;

  static async open(prepared: Prepared, signal?: AbortSignal): Promise<GainProbe> {
    const { machine, plan, data, experiment, inputs } = prepared;
    const [{ layer, nodes }] = experiment.noise;
    const samples = Math.min(SAMPLES, data.train.rows);
    const curvature = await prepared.keep(
      CurvatureProbe.open(machine, plan.network, layer, data, { samples, nodes, signal }),
    );
    curvature.load(initialParameters(plan.network, inputs));
    const { squares: moments } = await curvature.gradient();
    let gradientSquare = 0;
    for (let i = 0; i < curvature.width; i++) gradientSquare += moments[i * (curvature.width + 1)];
    const draws = Array.from({ length: DRAWS }, (_, k) => {
      const { seed } = experiment;
      const other =
        k === 0 ? prepared : prepared.variant({ ...experiment, seed: (seed + k) % 2 ** 32 });
      return initialParameters(other.plan.network, other.inputs).niw[0];
    });
    return new GainProbe(prepared, curvature, draws, gradientSquare);
  }

  private constructor(
    prepared: Prepared,
    curvature: CurvatureProbe,
    draws: readonly Float64Array[],
    gradientSquare: number,
  ) {
    this.#prepared = prepared;
    this.#curvature = curvature;
    this.#draws = draws;
    this.#gradientSquare = gradientSquare;
    this.passes = curvature.samples;
  }

  /** The gain at one `sigma`, the mean over so many draws of the noise weights, the run's own first. */
  async at(sigma: number, draws = DRAWS): Promise<StepGain> {
    let drift = 0;
    let diffusion = 0;
    for (const [k, W] of this.#draws.slice(0, draws).entries()) {
      const own = await this.#of(sigma, W, k);
      drift += own.drift / draws;
      diffusion += own.diffusion / draws;
    }
    return { sigma, gain: 1 + drift + diffusion, drift, diffusion };
  }

  /** The gains over a range of `sigma`. */
  async over(from: number, to: number, count: number): Promise<StepGain[]> {
    const gains: StepGain[] = [];
    for (let i = 0; i < count; i++) {
      gains.push(await this.at(from * (to / from) ** (i / (count - 1))));
    }
    return gains;
  }

  async #of(sigma: number, W: Float64Array, draw: number) {
    const { experiment, streams, plan } = this.#prepared;
    const [{ nodes, distribution }] = experiment.noise;
    const { learningRate: eta, batch } = plan;
    const V = W.map((w) => sigma * w);
    const halves: Float64Array[] = [];
    for (let half = 0; half < 2; half++) {
      const n = this.#curvature.samples;
      const noise = streams.draw("probe", 4, distribution, 2 * draw + half, n, nodes);
      halves.push(await this.#curvature.noisy(V, noise, "smoothed"));
      // A pass of either sign.
      this.passes += 2 * n;
    }
    const [a, b] = halves;
    const square = squares(W);
    const along = (sigma * (dot(W, a) + dot(W, b))) / 2;
    // Two independent halves give |F|^2 without the bias of either's own scatter.
    const mean = sigma * sigma * dot(a, b);
    const single = sigma * sigma * nodes * this.#gradientSquare;
    return {
      drift: (-2 * eta * along + eta * eta * mean) / square,
      diffusion: (eta * eta * Math.max(0, single - mean)) / (batch * square),
    };
  }
}
