import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import type { LinearRun } from "./linearRun.js";

export type { LinearRun } from "./linearRun.js";

/** How to run a linear model. */
export interface LinearRunOptions {
  /** Kernels that are already loaded (`loadKernels`). */
  readonly kernels?: Kernels;
}

/**
 * Runs a linear model with full batches by its exact reduction, in float64, until its last step or the first number that
 * is not finite (theory, section 3). `linearExperiment` makes such an experiment.
 * @throws InputError if the experiment is not valid, or is not a linear model.
 */
export async function runLinear(
  input: ExperimentInput,
  options: LinearRunOptions = {},
): Promise<LinearRun> {
  const experiment = parseExperiment(input);
  const kernels = options.kernels ?? (await loadKernels());
  // A page loads the recursion only if it runs one.
  const { linearRun } = await import("./linearRun.js");
  return linearRun(experiment, new Streams(kernels, experiment.seed));
}
