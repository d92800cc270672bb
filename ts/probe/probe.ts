import { firstPassage, fitDecay } from "../analysis/timeScale.js";
import { machineFor } from "../backend/machineFor.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { ExpansionProbe } from "../curvature/expansionProbe.js";
import { topSpectrum } from "../curvature/hessian.js";
import { squares, weightCurvature } from "../curvature/weightCurvature.js";
import { loadDataset } from "../data/load.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import type { TrainOptions } from "../jobs/train.js";
import { loadKernels } from "../kernels/kernels.js";
import { linearExpectation } from "../linear/linearExpectation.js";
import type { Plan } from "../program/workspace.js";
import { Streams } from "../random/streams.js";
import { driftPath } from "../theory/driftPath.js";
import { runExperiment } from "../train/experimentRun.js";
import { seededInputs } from "../train/inputs.js";
import { parametersOf } from "../train/parameters.js";
import { planOf } from "../train/plan.js";
import { scheduleOf } from "../train/schedule.js";
import type { Observed } from "../train/trainer.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { comparisonsOf, isPlain } from "./comparisons.js";
import { type DivergentBracket, divergentBracket } from "./divergentBracket.js";
import { lookingSteps } from "./observationSteps.js";
import { type Prediction, predict } from "./predict.js";
import { linearWithError, withError } from "./predictionWithError.js";
import type { PredictionWithError, ProbeMoment, ProbeResult, TimeScales } from "./probeResult.js";

export interface ProbeOptions extends Omit<TrainOptions, "observer" | "checkpoints"> {
  /** The curvature is that over the first so many training samples; default 1,000, or all if there are fewer. */
  readonly samples?: number;
  /** The run is looked at so often at most, besides its first steps; default 40. */
  readonly moments?: number;
  /** Looks before these updates too, besides the start and the end. */
  readonly at?: readonly number[];
  /** Antithetic passes at each moment; default 8. */
  readonly repeats?: number;
}

const SAMPLES = 1000;
/** Fewer passes tell little of their own scatter. */
const REPEATS = 8;
/** Epochs with evaluations in between, unless the experiment says. */
const EARLY = 3;
/** Moments at which the top of the spectrum is taken, too. */
const SPECTRA = 8;

/**
 * Trains an experiment's network and sets what its noise weights do beside what its curvature says that they should
 * (Levi et al., arXiv:2210.13599, section 2). The probed noise is the first group's.
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
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const streams = new Streams(kernels, given.seed);
  const dataset = options.dataset ?? (await loadDataset(given.data, streams, options.files));
  const plan = planOf(given, dataset);
  const experiment = withEarlyEvaluations(given, plan);
  const inputs = seededInputs(experiment, plan, streams);
  const schedule = scheduleOf(experiment, plan);
  const machine = await machineFor(options.backend ?? "auto", kernels, options.gpu);
  const group = experiment.noise[0];
  const samples = Math.min(options.samples ?? SAMPLES, dataset.train.rows);
  const open = (first: number, count: number) =>
    CurvatureProbe.open(machine, plan.network, group.layer, dataset, {
      first,
      samples: count,
      nodes: Math.max(32, group.nodes),
      signal: options.signal,
    });
  const curvature = await open(0, samples);
  const expansion = await ExpansionProbe.open(machine, plan, dataset, inputs);

  const { repeats = REPEATS } = options;
  const moments: ProbeMoment[] = [];
  let prediction: PredictionWithError | null = null;
  let bracket: DivergentBracket | null = null;
  const linear = linearExpectation(experiment, streams);
  const due = lookingSteps(schedule, options.moments ?? 40, options.at);
  const spectrumEvery = Math.ceil(due.length / SPECTRA);
  const look = async (state: Observed) => {
    const parameters = parametersOf(plan.network, state.weights);
    const [niw] = parameters.niw;
    curvature.load(parameters);
    const { loss, squares: gg } = await curvature.gradient();
    const index = moments.length;
    const along = await weightCurvature(curvature, niw, streams, {
      ...group,
      repeats,
      moment: index,
    });
    const top =
      index % spectrumEvery === 0 || state.step === schedule.steps
        ? (await topSpectrum(curvature, streams, { steps: 40, tolerance: 1e-4 })).values[0]
        : null;
    moments.push({
      step: state.step,
      epoch: state.step / schedule.stepsPerEpoch,
      niwNorm: Math.sqrt(squares(niw)),
      loss,
      ...gradientAlong(gg, niw),
      hMax: top,
      ...along,
      expansion: state.step < schedule.steps ? await expansion.at(state) : null,
    });
    if (state.step > 0) return;
    const noise = {
      learningRate: plan.learningRate,
      sigma: group.sigma,
      batch: plan.batch,
      nodes: group.nodes,
      steps: schedule.steps,
    };
    const halves: Prediction[] = [];
    for (const first of [0, Math.floor(samples / 2)]) {
      const half = await open(first, Math.max(1, Math.floor(samples / 2)));
      half.load(parameters);
      halves.push(await predict(half, plan.network, niw, streams, noise));
      half.dispose();
    }
    const whole = await predict(curvature, plan.network, niw, streams, noise);
    if (!linear) {
      const from = whole.catapult ?? whole.catapultPointwise ?? group.sigma;
      bracket = await divergentBracket(experiment, from, kernels, dataset, options);
    }
    const numbers = withError(whole, halves, bracket);
    prediction = linear ? linearWithError(numbers, linear) : numbers;
  };

  try {
    const { signal, onRecord, onProgress, gpu } = options;
    const result = await runExperiment(
      experiment,
      options.backend ?? "auto",
      kernels,
      dataset,
      {
        signal,
        onRecord,
        onProgress,
        observer: { next: (step) => due.find((d) => d >= step) ?? Number.POSITIVE_INFINITY, look },
      },
      gpu,
    );
    const predictedNorm = isPlain({ experiment }) ? pathOf(moments, experiment, plan.batch) : null;
    const timeScales = timeScalesOf(result.trajectory);
    if (!prediction) throw new Error("the run was not seen at its start");
    const measured = {
      ...result,
      moments,
      repeats,
      predictedNorm,
      timeScales,
      prediction,
      divergentBracket: bracket,
      linear,
    };
    return { ...measured, comparisons: comparisonsOf(measured) };
  } finally {
    curvature.dispose();
    expansion.dispose();
  }
}

/** Losses may have fallen before the first epoch is over: their time scales need evaluations in between. */
function withEarlyEvaluations(experiment: Experiment, plan: Plan): Experiment {
  const evaluateEarly = EARLY * Math.floor(plan.trainRows / plan.batch);
  return { ...experiment, record: { evaluateEarly, ...experiment.record } };
}

function pathOf(moments: readonly ProbeMoment[], experiment: Experiment, batch: number) {
  const { learningRate } = experiment.optimizer;
  const { sigma, nodes } = experiment.noise[0];
  const drift = moments.map((moment) => ({ ...moment, curvature: moment.smoothed }));
  return driftPath(drift, moments[0].niwNorm, { learningRate, sigma, batch, nodes });
}

/** Trace of `<g g^T>`, and its quadratic form of the noise weights. */
function gradientAlong(gg: Float64Array, niw: Float64Array) {
  const d = Math.sqrt(gg.length);
  const m = niw.length / d;
  let gradientSquare = 0;
  let gradientAlong = 0;
  for (let i = 0; i < d; i++) {
    gradientSquare += gg[i * (d + 1)];
    for (let j = 0; j < d; j++) {
      for (let c = 0; c < m; c++) gradientAlong += niw[i * m + c] * gg[i * d + j] * niw[j * m + c];
    }
  }
  return { gradientSquare, gradientAlong };
}

export function timeScalesOf({ steps, evaluations }: Trajectory): TimeScales {
  const passage = (t: ArrayLike<number>, y: Float64Array, floor: number) =>
    firstPassage(t, y, floor);
  const lowest = (y: Float64Array) => y.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const { step, unperturbedLoss, testLoss } = evaluations;
  return {
    niw: fitDecay(steps.step, steps.niwNorm),
    loss: fitDecay(steps.step, steps.loss, "proportional"),
    unperturbedLoss: fitDecay(step, unperturbedLoss, "proportional"),
    testLoss: fitDecay(step, testLoss, "proportional"),
    passages: {
      niw: passage(steps.step, steps.niwNorm, 0),
      effectiveNiw: passage(steps.step, steps.effectiveNiw, 0),
      loss: passage(steps.step, steps.loss, lowest(steps.loss)),
      unperturbedLoss: passage(step, unperturbedLoss, lowest(unperturbedLoss)),
      testLoss: passage(step, testLoss, lowest(testLoss)),
    },
  };
}
