import type { Estimate } from "../analysis/estimate.js";
import { lengthOf } from "../analysis/extremes.js";
import { firstPassage } from "../analysis/timeScale.js";
import type { Experiment } from "../experiment/schema.js";
import type { Distribution, Streams } from "../random/streams.js";
import { effectiveNiw, lambda, populationMoments, step } from "../theory/linear.js";
import { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
import { isReducible, stepsOf } from "./linearPrediction.js";
import { type LinearRun, linearRun } from "./linearRun.js";
import { type LinearStart, linearStart } from "./linearStart.js";
import { recursionBoundaries } from "./recursionBoundaries.js";

/** What theory predicts for one run of the linear model (Levi et al., arXiv:2210.13599, section 3). */
export interface LinearExpectation {
  /** By the recursion in population, from the run's own start. */
  readonly boundaries: LinearBoundaries;
  /** To leading order, from `lambda` there. */
  readonly leading: LinearBoundaries;
  /** Relative deviation of the noise's root mean square in one batch: the scatter of a catapult that takes a few steps. */
  readonly scatter: number;
  /** `eta sigma^2 lambda` at the start. */
  readonly kappa: number;
  /**
   * Steps until the effective noise weight `|alpha w2^T W_NI|` has fallen to 1/e, by the recursion in population. Its error
   * is the scatter of a finite batch. Null if that takes more than ten times the run.
   */
  readonly niwTime: Estimate | null;
  /** This very run by the exact recursion, with its own batches and noise. */
  readonly exact: LinearRun;
}

/** `<xi^4> - 1` of unit noise: the variance of its square. */
const SQUARE_VARIANCE: Readonly<Record<Distribution, number>> = {
  normal: 2,
  uniform: 0.8,
  rademacher: 0,
};
/** Largest number of inputs and nodes: a step of the recursion costs its square. */
const MOST_COLUMNS = 64;

/** Null for an experiment that is not a linear model. */
export function linearExpectation(
  experiment: Experiment,
  streams: Streams,
): LinearExpectation | null {
  if (!isReducible(experiment)) return null;
  const start = linearStart(experiment, streams);
  if (start.inputs + start.nodes > MOST_COLUMNS) return null;
  const { learningRate } = experiment.optimizer;
  const [{ sigma, distribution }] = experiment.noise;
  const steps = stepsOf(experiment);
  const curvature = lambda(start.state, start.inputs, start.alpha);
  const kappa = learningRate * sigma ** 2 * curvature;
  return {
    boundaries: recursionBoundaries(start, learningRate, steps),
    leading: linearBoundaries(learningRate, steps, curvature),
    scatter: Math.sqrt(SQUARE_VARIANCE[distribution] / start.y.length) / 2,
    kappa,
    niwTime: populationTime(experiment, start, kappa, 10 * steps),
    exact: linearRun(experiment, streams),
  };
}

/**
 * The decay time of the population, and the scatter of one run (derived). A step multiplies the weight w by
 * `1 - eta lambda <eps^2>`. While the data is not yet learnt, it also kicks w by `eta lambda <x eps> r`, where r is the
 * error of the data's map. The relative variances `kappa^2 Var<xi^2>` and `(kappa / sigma)^2 (sigma_x |r| / w)^2 / N` add
 * up over the fall; with fixed noise, the deviations add up instead.
 */
function populationTime(
  { optimizer: { learningRate }, noise: [{ sigma, distribution, mode }] }: Experiment,
  { state: start, alpha, inputs, sigmaX, slopes, nodes, y }: LinearStart,
  kappa: number,
  most: number,
): Estimate | null {
  const population = populationMoments(slopes, sigmaX, sigma, nodes);
  const sizes: number[] = [];
  let [kicks, squares] = [0, 0];
  let state = start;
  let value: number | null = null;
  for (let t = 0; t <= most && value === null; t++) {
    sizes.push(lengthOf(effectiveNiw(state, inputs, alpha)));
    if (!Number.isFinite(sizes[t])) return null;
    if (sizes[t] <= sizes[0] / Math.E)
      value = firstPassage(
        sizes.map((_, i) => i),
        sizes,
      );
    const missed = lengthOf(Float64Array.from(slopes, (slope, i) => slope - alpha * state.v[i]));
    const kick = ((kappa / sigma) * sigmaX * missed) / sizes[t];
    kicks += kick;
    squares += kick * kick;
    state = step(state, population, learningRate, alpha);
  }
  if (value === null) return null;
  const fresh = mode === "fresh";
  const spread = SQUARE_VARIANCE[distribution] * (fresh ? Math.min(1, kappa) : 1);
  return { value, error: value * Math.sqrt((spread + (fresh ? squares : kicks ** 2)) / y.length) };
}
