import { type OnProgress, ProgressReporter } from "../async/progress.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { linearExpectation } from "../linear/linearExpectation.js";
import type { Plan } from "../program/workspace.js";
import { driftPath } from "../theory/driftPath.js";
import { runExperiment } from "../train/experimentRun.js";
import { type Prepared, type PrepareOptions, prepare } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { comparisonsOf, isPlain } from "./comparisons.js";
import { type ObservationOptions, ProbeObserver } from "./probeObserver.js";
import type { ProbeMoment, ProbeResult } from "./probeResult.js";
import { openCurvature, startPrediction } from "./startPrediction.js";
import { timeScalesOf } from "./timeScales.js";

/** How to probe. */
export interface ProbeOptions
  extends PrepareOptions,
    ObservationOptions,
    Pick<TrainerHooks, "onRecord"> {
  /** Number of training samples, from the first on, for measuring the curvature; default 1,000, or all if there are fewer. */
  readonly samples?: number;
  /** Reports the updates made. */
  readonly onProgress?: OnProgress;
}

const SAMPLES = 1000;
/** Epochs with extra evaluations, unless the experiment sets `record.evaluateEarly`. */
const EARLY = 3;

/**
 * Trains an experiment's network, and compares its noise weights with the predictions from its curvature (Levi et al.,
 * arXiv:2210.13599, section 2). It probes the first noise group, and runs on the calling thread.
 * @throws InputError as `train`, and for an experiment without noise.
 */
export async function probe(
  input: ExperimentInput,
  options: ProbeOptions = {},
): Promise<ProbeResult> {
  const given = parseExperiment(input);
  if (given.noise.length === 0 || given.noise[0].sigma === 0) {
    throw new InputError(
      "noise",
      "noise has no nodes with a sigma above 0: a probe reads the weights of such nodes",
    );
  }
  return probePrepared(await prepare(given, options), options);
}

/** As `probe`, for a prepared experiment, which it disposes of. */
export async function probePrepared(
  bare: Prepared,
  options: Omit<ProbeOptions, keyof PrepareOptions> & Pick<PrepareOptions, "signal">,
): Promise<ProbeResult> {
  try {
    return await probed(bare.variant(withEarlyEvaluations(bare.experiment, bare.plan)), options);
  } finally {
    bare.dispose();
  }
}

async function probed(
  prepared: Prepared,
  options: Parameters<typeof probePrepared>[1],
): Promise<ProbeResult> {
  const { experiment, data, plan, streams } = prepared;
  const { signal, onRecord } = options;
  const samples = Math.min(options.samples ?? SAMPLES, data.train.rows);
  const curvature = await prepared.keep(openCurvature(prepared, { samples, signal }));
  // The recursion holds only for data that the experiment generates.
  const linear = prepared.dataKey === null ? linearExpectation(experiment, streams) : null;
  const predicted = await startPrediction(prepared, curvature, linear, signal);

  const observer = await ProbeObserver.open(prepared, curvature, options);
  const progress = new ProgressReporter("step", options.onProgress);
  const result = await runExperiment(prepared, {
    ...{ signal, onRecord, observer },
    onStep: (step, steps) => progress.report(step, steps),
  });
  const { moments, repeats } = observer;
  const measured = {
    ...result,
    moments,
    repeats,
    predictedNorm: isPlain({ experiment }) ? predictedNorm(moments, experiment, plan.batch) : null,
    timeScales: timeScalesOf(result.trajectory),
    ...predicted,
    linear,
  };
  return { ...measured, comparisons: comparisonsOf(measured, plan.batch) };
}

/** Losses may fall before the first epoch ends, so their time scales need evaluations within the first epochs. */
function withEarlyEvaluations(experiment: Experiment, plan: Plan): Experiment {
  const evaluateEarly = EARLY * Math.floor(plan.trainRows / plan.batch);
  return { ...experiment, record: { evaluateEarly, ...experiment.record } };
}

/** The norm over time, from the smoothed curvature measured during the run. */
function predictedNorm(moments: readonly ProbeMoment[], experiment: Experiment, batch: number) {
  const { learningRate } = experiment.optimizer;
  const { sigma, nodes } = experiment.noise[0];
  const drift = moments.map((moment) => ({ ...moment, curvature: moment.smoothed }));
  return driftPath(drift, moments[0].niwNorm, { learningRate, sigma, batch, nodes });
}
