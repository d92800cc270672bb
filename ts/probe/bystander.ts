import { squares } from "../analysis/vectors.js";
import { ProgressReporter } from "../async/progress.js";
import { CurvatureProbe } from "../curvature/curvatureProbe.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { type RunResult, runExperiment } from "../train/experimentRun.js";
import { initialParameters } from "../train/parameters.js";
import { type Prepared, prepare } from "../train/prepare.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import { type ProbeOptions, probePrepared } from "./probe.js";
import type { Comparison, ProbeResult } from "./probeResult.js";
import { planReading, type ReadingPlan } from "./readingPlan.js";

/** How to attach a bystander. */
export interface BystanderOptions extends ProbeOptions {
  /** Wanted relative error of each reading of `tr<H> / d`; default 0.1. */
  readonly precision?: number;
  /** Weight layer whose pre-activations are probed; default 0. */
  readonly layer?: number;
}

/** The noise nodes of a bystander. */
export interface AttachedNoise extends ReadingPlan {
  /** Weight layer whose pre-activations they feed. */
  readonly layer: number;
  /** Standard deviation of their noise. */
  readonly sigma: number;
}

/** What a bystander read, and whether it disturbed training. */
export interface BystanderResult {
  /** The noise that was attached. */
  readonly chosen: AttachedNoise;
  /** The run with the nodes attached; its moments give the curvature over time. */
  readonly probed: ProbeResult;
  /** The run without them. */
  readonly alone: RunResult;
  /** Whether training was disturbed. */
  readonly comparisons: readonly Comparison[];
}

/** The largest number of noise nodes: each costs a column of the layer in every step. */
const MOST_NODES = 256;
/** The fewest passes of a reading: fewer give no useful standard error. */
const LEAST_PASSES = 4;
/** The largest relative increase of the loss by the noise, `1/2 reach^2 tr<H> / d`. */
const ADDED = 1e-3;
/** Largest relative difference of the losses with and without nodes; or this part of the difference between seeds. */
const UNDISTURBED = 0.01;
const PART_OF_SEED = 0.25;

/**
 * Reads the curvature of a network without noise, by noise nodes that do not disturb its training: many nodes with very
 * little noise. It trains three times: without the nodes, to choose them; with the nodes; and from another seed, to
 * measure how much two runs differ without any nodes.
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
      `noise has ${experiment.noise.length} group(s): a bystander adds its own noise and takes an empty list ([])`,
    );
  }
  const { layer = 0, precision, signal, samples = 1000 } = options;
  const prepared = await prepare(experiment, options);
  const progress = new ProgressReporter("step", options.onProgress);
  const third = (k: number) => (step: number, steps: number) =>
    progress.report(k * steps + step, 3 * steps);
  const train = (one: Prepared, k: number) => runExperiment(one, { signal, onStep: third(k) });

  const alone = await train(prepared, 0);
  const chosen = await chooseNoise(prepared, alone, { layer, precision, samples, signal });
  const attached = (sigma: number): Prepared =>
    prepared.variant({
      ...experiment,
      // Compared evaluation by evaluation with the run alone: at the same steps.
      record: { evaluateEarly: 0, ...experiment.record },
      noise: [{ layer, nodes: chosen.nodes, sigma, mode: "fresh", distribution: "normal" }],
    });
  const { plan, inputs } = attached(1);
  const [niw] = initialParameters(plan.network, inputs).niw;
  const sigma = chosen.reach / Math.sqrt(squares(niw));
  const probed = await probePrepared(attached(sigma), {
    ...options,
    // The nodes disturb nothing, so there are no phases to forecast.
    forecast: null,
    repeats: options.repeats ?? Math.max(LEAST_PASSES, chosen.passes),
    onProgress: ({ done, total }) => third(1)(done, total),
  });
  const other = await train(prepared.variant({ ...experiment, seed: anotherSeed(experiment) }), 2);
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

/** The next seed; after the last one comes 0. */
function anotherSeed({ seed }: Experiment): number {
  return (seed + 1) % 2 ** 32;
}

/** Plans nodes whose noise adds so little to the loss that it does not disturb training. */
async function chooseNoise(
  { machine, plan, data, streams }: Prepared,
  alone: RunResult,
  options: { layer: number; precision?: number; samples: number; signal?: AbortSignal },
): Promise<ReadingPlan> {
  const { layer, precision, signal } = options;
  const curvature = await CurvatureProbe.open(machine, plan.network, layer, data, {
    samples: Math.min(options.samples, data.train.rows),
    nodes: MOST_NODES,
    signal,
  });
  try {
    curvature.load(alone.parameters);
    const choose = (farthest?: number) =>
      planReading(curvature, plan.network, streams, { precision, farthest, batch: plan.batch });
    const chosen = await choose();
    const loss = alone.final.unperturbedLoss;
    const farthest = Math.sqrt((2 * ADDED * loss) / Math.abs(chosen.mean.value));
    return farthest < chosen.reach ? await choose(farthest) : chosen;
  } finally {
    curvature.dispose();
  }
}

const NAMES = { unperturbedLoss: "training loss without noise", testLoss: "test loss" } as const;

/** Compares the losses with and without nodes; no comparison if there is no such loss. */
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
      what: `${NAMES[name]} with and without the nodes: median relative difference`,
      predicted: { value: 0, error: seeds },
      measured: { value: measured, error: 0 },
      verdict: measured <= Math.max(UNDISTURBED, PART_OF_SEED * seeds) ? "within" : "outside",
      by: `${100 * UNDISTURBED} %, or a quarter of the difference between seeds (${(100 * seeds).toPrecision(2)} %)`,
    },
  ];
}
