import { InputError } from "../errors/errors.js";
import { refuseSchedules } from "../experiment/constantNoise.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import { type PrepareOptions, prepare } from "../train/prepare.js";
import type { Prediction } from "./predict.js";
import { openCurvature, predictWith } from "./startPrediction.js";

/** What to predict from. */
export interface PredictionOptions extends PrepareOptions {
  /** Training samples that the curvature is taken over, default 1,000, and the first of them, default 0. */
  readonly samples?: number;
  /** First of these samples; default 0. */
  readonly first?: number;
}

/**
 * Predicts a run from the curvature at its start (Levi et al., arXiv:2210.13599, section 2).
 * @throws InputError as `train`, and for an experiment without noise.
 */
export async function predictionOf(
  input: ExperimentInput,
  options: PredictionOptions = {},
): Promise<Prediction> {
  const experiment = parseExperiment(input);
  if (experiment.noise.length === 0) {
    throw new InputError(
      "noise",
      "noise is empty: a prediction says what noise nodes' weights will do",
    );
  }
  refuseSchedules(experiment, "a prediction");
  const prepared = await prepare(experiment, options);
  try {
    const { rows } = prepared.data.train;
    const first = Math.min(options.first ?? 0, rows - 1);
    const samples = Math.min(options.samples ?? 1000, rows - first);
    const { signal } = options;
    const curvature = await prepared.keep(openCurvature(prepared, { first, samples, signal }));
    return await predictWith(prepared, curvature);
  } finally {
    prepared.dispose();
  }
}
