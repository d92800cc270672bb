import { InputError } from "../errors/errors.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { lambda } from "../theory/linear.js";
import { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
import { linearModelData, linearStart } from "./linearStart.js";

/** Whether the exact reduction is of this experiment. */
export function isReducible(experiment: Experiment): boolean {
  try {
    linearModelData(experiment);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Boundaries that population theory predicts for linear models: geometric means over their starts. */
export function linearPrediction(
  experiments: readonly Experiment[],
  kernels: Kernels,
): LinearBoundaries {
  const each = experiments.map((experiment) => {
    const { state, alpha, inputs } = linearStart(experiment, new Streams(kernels, experiment.seed));
    return linearBoundaries(
      experiment.optimizer.learningRate,
      experiment.steps ?? experiment.epochs ?? 1,
      lambda(state, inputs, alpha),
    );
  });
  const mean = (pick: (b: LinearBoundaries) => number) =>
    Math.exp(each.reduce((sum, b) => sum + Math.log(pick(b)), 0) / each.length);
  return {
    decay: mean((b) => b.decay),
    catapult: mean((b) => b.catapult),
    divergent: mean((b) => b.divergent),
  };
}
