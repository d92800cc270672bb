import { type Estimate, estimate } from "../analysis/estimate.js";
import { quadraticForm } from "../analysis/spectrum.js";
import { dot, squares } from "../analysis/vectors.js";
import type { Distribution, Streams } from "../random/streams.js";
import type { CurvatureProbe } from "./curvatureProbe.js";

/** The curvature along given noise weights: computed directly, and read by an antithetic probe pass. */
export interface WeightCurvature {
  /**
   * `tr(V^T <H> V) / |V|^2` with the pointwise mean local Hessian. For networks with kinks this is the Gauss-Newton
   * part.
   */
  readonly pointwise: number;
  /**
   * The same for the loss smoothed over the noise's own reach, from shifts that all samples share (derived): `sum_k v_k
   * . 1/2 <g(+v_k) - g(-v_k)> / sum_k |v_k|^2` with `v_k = sigma W_NI eps_k`.
   */
  readonly smoothed: number;
  /** Standard error of `smoothed`, from the scatter between shifts. */
  readonly smoothedError: number;
  /**
   * `<V(0), <H> V> / <V(0), V>` of the smoothed curvature, where V(0) are the initial noise weights. Multiplied by `eta
   * sigma^2` it is the rate at which the noise weights lose the memory of their start (derived). It means little once
   * the memory is lost. Undefined if no initial weights are given.
   */
  readonly alongStart?: number;
  /** `|<H> V|^2 / |V|^2` with the smoothed curvature. */
  readonly square: number;
  /** Reading 3: `<W_NI, dL/dW_NI> / (sigma^2 |W_NI|^2)`, averaged over noise of both signs. */
  readonly antithetic: Estimate;
}

/** Number of shifts that `smoothed` is averaged over; the noise is drawn `DRAWS` times as often. */
const SHIFTS = 12;
const DRAWS = 64;

/**
 * Measures the curvature along noise weights.
 * @param niw `W_NI`, `[d, m]`.
 * @param options.repeats passes over all samples, each with its own noise. The error of the reading is their scatter.
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
    /** Index of the measurement: each one draws other noise. */
    readonly moment?: number;
  },
): Promise<WeightCurvature> {
  const { sigma, distribution, repeats = 4, moment = 0, start } = options;
  const d = probe.width;
  const m = niw.length / d;
  const V = niw.map((w) => sigma * w);
  const product = await probe.shifted(niw, "pointwise");
  const pointwise = quadraticForm(niw, product);

  const eps = stratified(streams.draw("probe", 2, distribution, moment, SHIFTS * DRAWS, m), m);
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
  // So few shifts cover only few directions. They are used only for the difference between the two curvatures (a
  // control variate).
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
      alongStart:
        responseRatio(start, niw, product) + responseRatio(shiftsBy(start), shifts, difference),
    }),
    square: squares(answers) / squares(shifts),
    antithetic: estimate(readings),
  };
}

/** Standard error of the ratio of sums `sum_k v_k . r_k / sum_k |v_k|^2` over the columns of `[d, SHIFTS]`. */
function ratioError(shifts: Float64Array, answers: Float64Array): number {
  const ratio = quadraticForm(shifts, answers);
  const residuals = new Float64Array(SHIFTS);
  for (let i = 0; i < shifts.length; i++) {
    residuals[i % SHIFTS] += shifts[i] * (answers[i] - ratio * shifts[i]);
  }
  return Math.sqrt((squares(residuals) * SHIFTS) / (SHIFTS - 1)) / squares(shifts);
}

/**
 * Sorts the draws by length and keeps every `DRAWS`-th. The few that remain then have the same distribution of lengths.
 */
function stratified(eps: Float32Array, m: number): Float32Array {
  const rows = Array.from({ length: eps.length / m }, (_, k) => eps.subarray(k * m, (k + 1) * m));
  rows.sort((a, b) => squares(a) - squares(b));
  const kept = rows.filter((_, k) => k % DRAWS === DRAWS / 2);
  return Float32Array.from(kept.flatMap((row) => [...row]));
}

/** `<a, answer> / <a, b>`, where `answer` is the response to b. */
function responseRatio(a: Float64Array, b: Float64Array, answer: Float64Array): number {
  return dot(a, answer) / dot(a, b);
}
