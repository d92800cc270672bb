import { machineFor } from "../backend/machineFor.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { squares } from "../curvature/weightCurvature.js";
import { loadDataset } from "../data/load.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { type RunResult, runExperiment } from "../train/experimentRun.js";
import { seededInputs } from "../train/inputs.js";
import { parametersOf } from "../train/parameters.js";
import { planOf } from "../train/plan.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type ProbeOptions, probe } from "./probe.js";
import type { Comparison, ProbeResult } from "./probeResult.js";
import { planReading, type ReadingPlan } from "./readingPlan.js";

export interface BystanderOptions extends ProbeOptions {
  /** Wanted relative error of each reading of `tr<H> / d`; default 0.1. */
  readonly precision?: number;
  /** Weight layer whose pre-activations are probed; default 0. */
  readonly layer?: number;
}

export interface BystanderResult {
  /** The noise that was attached. */
  readonly chosen: ReadingPlan & { readonly layer: number; readonly sigma: number };
  /** The run with the nodes attached; its moments are the curvature's trace in time. */
  readonly probed: ProbeResult;
  /** The run without them. */
  readonly alone: RunResult;
  /** Whether training was disturbed. */
  readonly comparisons: readonly Comparison[];
}

/** Noise nodes of a bystander: each costs a column of the layer in every step. */
const MOST_NODES = 256;
/** Fewer give a reading no error of its own to speak of. */
const LEAST_PASSES = 4;
/** What their noise may add to the loss, `1/2 reach^2 tr<H> / d`, relative to it. */
const ADDED = 1e-3;
/** Allowed between the losses with and without, relatively, or that part of what another seed changes. */
const UNDISTURBED = 0.01;
const PART_OF_SEED = 0.25;

/**
 * Trains a network that has no noise of its own with noise nodes that only look on: many, and of so small a noise that
 * training goes on as it would. It is trained three times: without them, which tells how to choose them; with them; and
 * from another seed, for a measure of what a difference is.
 * @throws InputError as `probe`, for an experiment that has noise, and for a precision that is not between 0 and 1.
 */
export async function bystander(
  input: ExperimentInput,
  options: BystanderOptions = {},
): Promise<BystanderResult> {
  const experiment = parseExperiment(input);
  if (experiment.noise.length > 0) {
    throw new InputError(
      "noise",
      `noise has ${experiment.noise.length} group(s): a bystander brings its own, and asks for none ([])`,
    );
  }
  const { layer = 0, precision, signal, gpu, onProgress, samples = 1000 } = options;
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const streams = new Streams(kernels, experiment.seed);
  const dataset = options.dataset ?? (await loadDataset(experiment.data, streams, options.files));
  const backend = options.backend ?? "auto";
  const third = (k: number) => (step: number, steps: number) =>
    onProgress?.(k * steps + step, 3 * steps);
  const train = (one: Experiment, k: number) =>
    runExperiment(one, backend, kernels, dataset, { signal, onProgress: third(k) }, gpu);

  const alone = await train(experiment, 0);
  const plan = planOf(experiment, dataset);
  const machine = await machineFor(backend, kernels, gpu);
  const curvature = await CurvatureProbe.open(machine, plan.network, layer, dataset, {
    samples: Math.min(samples, dataset.train.rows),
    nodes: MOST_NODES,
    signal,
  });
  let chosen: ReadingPlan;
  try {
    curvature.load(alone.parameters);
    const choose = (farthest?: number) =>
      planReading(curvature, plan.network, streams, { precision, farthest, batch: plan.batch });
    chosen = await choose();
    const loss = alone.final.unperturbedLoss;
    const farthest = Math.sqrt((2 * ADDED * loss) / Math.abs(chosen.mean.value));
    if (farthest < chosen.reach) chosen = await choose(farthest);
  } finally {
    curvature.dispose();
  }

  const attached = (sigma: number): Experiment =>
    parseExperiment({
      ...experiment,
      // Compared evaluation by evaluation with the run alone: at the same steps.
      record: { evaluateEarly: 0, ...experiment.record },
      noise: [{ layer, nodes: chosen.nodes, sigma, mode: "fresh", distribution: "normal" }],
    });
  const sigma = chosen.reach / niwNorm(attached(1), dataset, streams);
  const probed = await probe(attached(sigma), {
    ...options,
    kernels,
    dataset,
    repeats: options.repeats ?? Math.max(LEAST_PASSES, chosen.passes),
    onProgress: third(1),
  });
  const other = await train({ ...experiment, seed: experiment.seed + 1 }, 2);
  return {
    chosen: { ...chosen, layer, sigma },
    probed,
    alone,
    comparisons: (["unperturbedLoss", "testLoss"] as const).flatMap((name) =>
      disturbance(
        name,
        [probed, alone, other].map(({ trajectory }) => trajectory),
      ),
    ),
  };
}

/** `|W_NI|` at the start. */
function niwNorm(
  experiment: Experiment,
  dataset: Parameters<typeof planOf>[1],
  streams: Streams,
): number {
  const plan = planOf(experiment, dataset);
  const inputs = seededInputs(experiment, plan, streams);
  const weights = plan.network.widths.slice(1).map((_, l) => Float64Array.from(inputs.weights(l)));
  return Math.sqrt(squares(parametersOf(plan.network, weights).niw[0]));
}

const NAMES = { unperturbedLoss: "training loss without noise", testLoss: "test loss" } as const;

/** None where there is no such loss. */
function disturbance(
  name: keyof typeof NAMES,
  [probed, alone, other]: readonly Trajectory[],
): Comparison[] {
  const difference = (a: Trajectory) => {
    const [mine, without] = [a.evaluations[name], alone.evaluations[name]];
    const all = Array.from(without, (y, i) => Math.abs(mine[i] / y - 1)).slice(1);
    all.sort((x, y) => x - y);
    return all[Math.floor(all.length / 2)] ?? Number.NaN;
  };
  const [measured, seeds] = [difference(probed), difference(other)];
  if (!Number.isFinite(measured)) return [];
  return [
    {
      what: `${NAMES[name]}, with the nodes and without: median relative difference`,
      predicted: { value: 0, error: seeds },
      measured: { value: measured, error: 0 },
      verdict: measured <= Math.max(UNDISTURBED, PART_OF_SEED * seeds) ? "within" : "outside",
      by: `${100 * UNDISTURBED} %, or a quarter of what another seed makes (${(100 * seeds).toPrecision(2)} %)`,
    },
  ];
}
