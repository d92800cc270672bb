import { machineFor } from "../backend/machineFor.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { loadDataset } from "../data/load.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { ExperimentInput } from "../experiment/schema.js";
import type { TrainOptions } from "../jobs/train.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { seededInputs } from "../train/inputs.js";
import { parametersOf } from "../train/parameters.js";
import { planOf } from "../train/plan.js";
import { scheduleOf } from "../train/schedule.js";
import { type Prediction, predict } from "./predict.js";

export interface PredictionOptions
  extends Pick<TrainOptions, "kernels" | "dataset" | "files" | "backend" | "gpu" | "signal"> {
  /** Training samples that the curvature is taken over, default 1,000, and the first of them. */
  readonly samples?: number;
  readonly first?: number;
}

/**
 * What the curvature of an experiment's start foretells (Levi et al., arXiv:2210.13599, section 2).
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
      "noise is empty: a prediction is of what noise nodes' weights do",
    );
  }
  const kernels = options.kernels ?? (await loadKernels());
  const streams = new Streams(kernels, experiment.seed);
  const data = options.dataset ?? (await loadDataset(experiment.data, streams, options.files));
  const first = Math.min(options.first ?? 0, data.train.rows - 1);
  const plan = planOf(experiment, data);
  const inputs = seededInputs(experiment, plan, streams);
  const weights = plan.network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  const parameters = parametersOf(plan.network, weights);
  const [group] = experiment.noise;
  const machine = await machineFor(options.backend ?? "auto", kernels, options.gpu);
  const curvature = await CurvatureProbe.open(machine, plan.network, group.layer, data, {
    first,
    samples: Math.min(options.samples ?? 1000, data.train.rows - first),
    signal: options.signal,
  });
  try {
    curvature.load(parameters);
    return await predict(curvature, plan.network, parameters.niw[0], streams, {
      learningRate: plan.learningRate,
      sigma: group.sigma,
      batch: plan.batch,
      nodes: group.nodes,
      steps: scheduleOf(experiment, plan).steps,
    });
  } finally {
    curvature.dispose();
  }
}
