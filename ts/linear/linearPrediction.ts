import { mapInTurns } from "../async/mapInTurns.js";
import { InputError } from "../errors/errors.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { lambda } from "../theory/linear.js";
import { type LinearBoundaries, linearBoundaries } from "../theory/linearBoundaries.js";
import { type LinearStart, linearModelData, linearStart } from "./linearStart.js";
import { recursionBoundaries } from "./recursionBoundaries.js";

/** Whether the exact reduction applies to this experiment. */
export function isReducible(experiment: Experiment): boolean {
  try {
    linearModelData(experiment);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

/** Boundaries of linear models by population theory, to leading order: geometric means over their starts. */
export async function linearPrediction(
  experiments: readonly Experiment[],
  kernels: Kernels,
  signal?: AbortSignal,
): Promise<LinearBoundaries> {
  const each = await mapInTurns(
    experiments,
    (experiment) => {
      const { state, alpha, inputs } = startOf(experiment, kernels);
      const { learningRate } = experiment.optimizer;
      return linearBoundaries(learningRate, stepsOf(experiment), lambda(state, inputs, alpha));
    },
    signal,
  );
  return geometricMean(each);
}

/** Boundaries by the exact recursion in population, valid at any width. */
export function recursionPrediction(experiment: Experiment, kernels: Kernels): LinearBoundaries {
  const { learningRate } = experiment.optimizer;
  return recursionBoundaries(startOf(experiment, kernels), learningRate, stepsOf(experiment));
}

function startOf(experiment: Experiment, kernels: Kernels): LinearStart {
  return linearStart(experiment, new Streams(kernels, experiment.seed));
}

/** The batch is all samples: an epoch is a step. */
export function stepsOf({ steps, epochs }: Experiment): number {
  return steps ?? epochs ?? 1;
}

function geometricMean(each: readonly LinearBoundaries[]): LinearBoundaries {
  const mean = (pick: (b: LinearBoundaries) => number) =>
    Math.exp(each.reduce((sum, b) => sum + Math.log(pick(b)), 0) / each.length);
  return {
    decay: mean((b) => b.decay),
    catapult: mean((b) => b.catapult),
    divergent: mean((b) => b.divergent),
  };
}
