import { type Estimate, estimate } from "../analysis/estimate.js";
import { quadraticForm } from "../analysis/spectrum.js";
import type { Distribution, Streams } from "../random/streams.js";
import type { CurvatureProbe } from "./curvatureProbe.js";

/** The curvature along given noise weights: measured directly, and read by an antithetic probe pass. */
export interface WeightCurvature {
  /** `tr(V^T <H> V) / |V|^2` of the pointwise mean local Hessian: for networks with kinks, Gauss-Newton's. */
  readonly pointwise: number;
  /**
   * The same of the loss smoothed over the noise's own reach, from shifts that all samples share (derived):
   * `sum_k v_k . 1/2 <g(+v_k) - g(-v_k)> / sum_k |v_k|^2`, `v_k = sigma W_NI eps_k`.
   */
  readonly smoothed: number;
  /** Standard error of that, from the scatter between shifts. */
  readonly smoothedError: number;
  /**
   * `<V(0), <H> V> / <V(0), V>` of the smoothed curvature, with the weights V(0) of the start: the rate at which their
   * memory fades, over `eta sigma^2` (derived). It means little once nothing is remembered. Left out where no start is
   * given.
   */
  readonly alongStart?: number;
  /** `|smoothed <H> V|^2 / |V|^2`. */
  readonly square: number;
  /** Reading 3: `<W_NI, dL/dW_NI> / (sigma^2 |W_NI|^2)` averaged over noise of both signs. */
  readonly antithetic: Estimate;
}

/** Shifts that `smoothed` is averaged over, and draws of the noise for each. */
const SHIFTS = 12;
const DRAWS = 64;

/**
 * @param niw `W_NI`, `[d, m]`.
 * @param options.repeats passes over all samples, each with noise of its own: their scatter is the reading's error.
 */
export async function weightCurvature(
  probe: CurvatureProbe,
  niw: Float64Array,
  streams: Streams,
  options: {
    readonly sigma: number;
    readonly distribution: Distribution;
    readonly repeats?: number;
    /** `W_NI(0)`, `[d, m]`. */
    readonly start?: Float64Array;
    /** Tells draws apart. */
    readonly moment?: number;
  },
): Promise<WeightCurvature> {
  const { sigma, distribution, repeats = 4, moment = 0, start } = options;
  const d = probe.width;
  const m = niw.length / d;
  const V = niw.map((w) => sigma * w);
  const product = await probe.shifted(niw, "pointwise");
  const pointwise = quadraticForm(niw, product);

  const eps = spread(streams.draw("probe", 2, distribution, moment, SHIFTS * DRAWS, m), m);
  const shiftsBy = (weights: Float64Array) => {
    const shifts = new Float64Array(d * SHIFTS);
    for (let r = 0; r < d; r++) {
      for (let k = 0; k < SHIFTS; k++) {
        for (let c = 0; c < m; c++) {
          shifts[r * SHIFTS + k] += sigma * weights[r * m + c] * eps[k * m + c];
        }
      }
    }
    return shifts;
  };
  const shifts = shiftsBy(niw);
  const answers = await probe.shifted(shifts, "smoothed");
  // Few shifts do not sample many directions: they only tell how the two curvatures differ (a control variate).
  const plain = await probe.shifted(shifts, "pointwise");
  const difference = answers.map((x, i) => x - plain[i]);

  const readings: number[] = [];
  for (let k = 0; k < repeats; k++) {
    const noise = streams.draw("probe", 3, distribution, moment * repeats + k, probe.samples, m);
    readings.push(quadraticForm(V, await probe.noisy(V, noise, "smoothed")));
  }
  return {
    pointwise,
    smoothed: pointwise + quadraticForm(shifts, difference),
    smoothedError: ratioError(shifts, difference),
    ...(start && {
      alongStart: between(start, niw, product) + between(shiftsBy(start), shifts, difference),
    }),
    square: squares(answers) / squares(shifts),
    antithetic: estimate(readings),
  };
}

/** Standard error of `sum_k v_k . r_k / sum_k |v_k|^2` over the columns of `[d, SHIFTS]`, as a ratio of sums. */
function ratioError(shifts: Float64Array, answers: Float64Array): number {
  const ratio = quadraticForm(shifts, answers);
  const residuals = new Float64Array(SHIFTS);
  for (let i = 0; i < shifts.length; i++) {
    residuals[i % SHIFTS] += shifts[i] * (answers[i] - ratio * shifts[i]);
  }
  return Math.sqrt((squares(residuals) * SHIFTS) / (SHIFTS - 1)) / squares(shifts);
}

/** One draw in `DRAWS`, evenly by length: few shifts then stand for all lengths as often as these occur. */
function spread(eps: Float32Array, m: number): Float32Array {
  const rows = Array.from({ length: eps.length / m }, (_, k) => eps.subarray(k * m, (k + 1) * m));
  rows.sort((a, b) => squares(a) - squares(b));
  const kept = rows.filter((_, k) => k % DRAWS === DRAWS / 2);
  return Float32Array.from(kept.flatMap((row) => [...row]));
}

/** `<a, answer> / <a, b>`, with the answer to b. */
function between(a: Float64Array, b: Float64Array, answer: Float64Array): number {
  return products(a, answer) / products(a, b);
}

export function squares(values: ArrayLike<number>): number {
  return products(values, values);
}

/** `<a, b>`. */
export function products(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
