import type { Estimate } from "../analysis/estimate.js";
import { firstPassage } from "../analysis/timeScale.js";
import type { Experiment } from "../experiment/schema.js";
import type { Distribution, Streams } from "../random/streams.js";
import { effectiveNiw, lambda, populationMoments, step } from "../theory/linear.js";
import { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
import { isReducible } from "./linearPrediction.js";
import { type LinearRun, linearRun } from "./linearRun.js";
import { type LinearStart, linearStart } from "./linearStart.js";

/** What theory says of one run of the linear model (Levi et al., arXiv:2210.13599, section 3). */
export interface LinearExpectation {
  /** In population and to leading order, from `lambda` at the run's own start. */
  readonly boundaries: LinearBoundaries;
  /** `eta sigma^2 lambda` at the start. */
  readonly kappa: number;
  /**
   * Steps until the effective noise weight `|alpha w2^T W_NI|` is down to 1/e, by the recursion in population; its error
   * is what a finite batch scatters by. Null if it is not within ten times the run.
   */
  readonly niwTime: Estimate | null;
  /** The run itself by the exact recursion, its own batches and noise and all. */
  readonly exact: LinearRun;
}

/** `<xi^4> - 1` of unit noise: the variance of its square. */
const SQUARE_VARIANCE: Readonly<Record<Distribution, number>> = {
  normal: 2,
  uniform: 0.8,
  rademacher: 0,
};
/** Widest joint input: a step of the recursion costs its square. */
const MOST_COLUMNS = 64;

/** Null for an experiment that the exact reduction is not of. */
export function linearExpectation(
  experiment: Experiment,
  streams: Streams,
): LinearExpectation | null {
  if (!isReducible(experiment)) return null;
  const start = linearStart(experiment, streams);
  if (start.inputs + start.nodes > MOST_COLUMNS) return null;
  const { learningRate } = experiment.optimizer;
  const [{ sigma }] = experiment.noise;
  const steps = experiment.steps ?? experiment.epochs ?? 1;
  const curvature = lambda(start.state, start.inputs, start.alpha);
  const kappa = learningRate * sigma ** 2 * curvature;
  return {
    boundaries: linearBoundaries(learningRate, steps, curvature),
    kappa,
    niwTime: populationTime(experiment, start, kappa, 10 * steps),
    exact: linearRun(experiment, streams),
  };
}

/** Its relative error is the scatter of the mean square of the noise that is met on the way, or once and for all. */
function populationTime(
  { optimizer: { learningRate }, noise: [{ sigma, distribution, mode }] }: Experiment,
  { state: start, alpha, inputs, sigmaX, slopes, nodes, y }: LinearStart,
  kappa: number,
  most: number,
): Estimate | null {
  const population = populationMoments(slopes, sigmaX, sigma, nodes);
  const sizes: number[] = [];
  let state = start;
  let value: number | null = null;
  for (let t = 0; t <= most && value === null; t++) {
    sizes.push(Math.hypot(...effectiveNiw(state, inputs, alpha)));
    if (!Number.isFinite(sizes[t])) return null;
    if (sizes[t] <= sizes[0] / Math.E)
      value = firstPassage(
        sizes.map((_, i) => i),
        sizes,
      );
    state = step(state, population, learningRate, alpha);
  }
  if (value === null) return null;
  const met = mode === "fresh" ? y.length / Math.min(1, kappa) : y.length;
  return { value, error: value * Math.sqrt(SQUARE_VARIANCE[distribution] / met) };
}
