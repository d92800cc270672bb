import type { PredictedBoundaries } from "../analysis/boundaries.js";
import { type OnProgress, ProgressReporter } from "../async/progress.js";
import { InputError } from "../errors/errors.js";
import { refuseSchedules } from "../experiment/constantNoise.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { forecastPrepared } from "../forecast/forecast.js";
import { estimateOf, type Forecast } from "../forecast/forecastResult.js";
import { type LinearExpectation, linearExpectation } from "../linear/linearExpectation.js";
import type { Plan } from "../program/workspace.js";
import { driftPath } from "../theory/driftPath.js";
import { runExperiment } from "../train/experimentRun.js";
import { type Prepared, type PrepareOptions, prepare } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { comparisonsOf, isPlain } from "./comparisons.js";
import { type ObservationOptions, ProbeObserver } from "./probeObserver.js";
import type { PredictionWithError, ProbeMoment, ProbeResult } from "./probeResult.js";
import { openCurvature, startPrediction } from "./startPrediction.js";
import { timeScalesOf } from "./timeScales.js";

/** How to probe. */
export interface ProbeOptions
  extends PrepareOptions,
    ObservationOptions,
    Pick<TrainerHooks, "onRecord"> {
  /** Number of training samples, from the first on, for measuring the curvature; default 1,000, or all if there are fewer. */
  readonly samples?: number;
  /**
   * A forecast of this experiment at any `sigma`, made before. Default: the probe makes one with effort `run`; null: none.
   */
  readonly forecast?: Forecast | null;
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
  refuseSchedules(given, "a probe");
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
  const prediction = await startPrediction(prepared, curvature, linear, signal);
  const { forecast = linear ? null : await forecastPrepared(prepared, { signal, effort: "run" }) } =
    options;

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
    ...{ prediction, forecast, linear },
    boundaries: boundariesOf(prediction, forecast, linear),
  };
  return { ...measured, comparisons: comparisonsOf(measured, plan.batch) };
}

/** The recursion knows the linear model's boundaries, except for the scatter of a batch's noise. */
function boundariesOf(
  { decay, catapult }: PredictionWithError,
  forecast: Forecast | null,
  linear: LinearExpectation | null,
): PredictedBoundaries {
  if (linear) {
    const { boundaries, scatter } = linear;
    const of = (value: number, part: number) => ({ value, error: part * value });
    return {
      decay: of(boundaries.decay, 0),
      catapult: of(boundaries.catapult, scatter),
      divergent: of(boundaries.divergent, scatter),
    };
  }
  if (!forecast) return { decay, catapult, divergent: null };
  const found = forecast.boundaries;
  return {
    decay: estimateOf(found.decay),
    catapult: estimateOf(found.catapult),
    divergent: estimateOf(found.divergent),
  };
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
