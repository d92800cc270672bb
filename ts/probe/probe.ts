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
  /** Training samples that the curvature is taken over, from the first on; default 1,000, or all if there are fewer. */
  readonly samples?: number;
  /** Reports the updates made. */
  readonly onProgress?: OnProgress;
}

const SAMPLES = 1000;
/** Epochs with extra evaluations, unless the experiment says. */
const EARLY = 3;

/**
 * Trains an experiment's network, and compares what its noise weights do with what its curvature predicts (Levi et al.,
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
      "noise has no nodes with a sigma above 0: a probe reads what their weights do",
    );
  }
  return probePrepared(await prepare(given, options), options);
}

/** `probe`, of an experiment that has been prepared; it disposes of it. */
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
  // The recursion is of the data that the experiment generates, and of no other.
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

/** Losses may have fallen before the first epoch is over: their time scales need evaluations in between. */
function withEarlyEvaluations(experiment: Experiment, plan: Plan): Experiment {
  const evaluateEarly = EARLY * Math.floor(plan.trainRows / plan.batch);
  return { ...experiment, record: { evaluateEarly, ...experiment.record } };
}

/** The norm in time, from the smoothed curvature that was measured along the run. */
function predictedNorm(moments: readonly ProbeMoment[], experiment: Experiment, batch: number) {
  const { learningRate } = experiment.optimizer;
  const { sigma, nodes } = experiment.noise[0];
  const drift = moments.map((moment) => ({ ...moment, curvature: moment.smoothed }));
  return driftPath(drift, moments[0].niwNorm, { learningRate, sigma, batch, nodes });
}
