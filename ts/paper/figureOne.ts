import type {
  BoundaryName,
  MeasuredBoundary,
  PredictedBoundaries,
} from "../analysis/boundaries.js";
import { measuredBoundaries } from "../analysis/boundaries.js";
import type { Estimate } from "../analysis/estimate.js";
import type { Phase } from "../analysis/phase.js";
import { chance, type Similarity, similarity } from "../analysis/similarity.js";
import type { OnProgress } from "../async/progress.js";
import { InputError } from "../errors/errors.js";
import { parseExperiment } from "../experiment/parse.js";
import type { SweepInput } from "../experiment/sweep.js";
import { loadKernels } from "../kernels/kernels.js";
import type { Prediction } from "../probe/predict.js";
import { overSeeds, predictedBoundaries } from "../probe/predictedBoundaries.js";
import { predictionOf } from "../probe/predictionOf.js";
import { type ProbeOptions, probe } from "../probe/probe.js";
import type { ProbeResult, TimeScales } from "../probe/probeResult.js";
import { timeScalesOf } from "../probe/timeScales.js";
import { Streams } from "../random/streams.js";
import { type SweepOptions, sweep } from "../sweep/sweep.js";
import { prepare } from "../train/prepare.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** How the figure's runs draw noise: see `NoiseGroup.mode`. */
export type Mode = "fresh" | "fixed";

/** One run of the figure. */
export interface FigureRun {
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Fresh or fixed noise. */
  readonly mode: Mode;
  /** Seed of the run. */
  readonly seed: number;
  /** Which of the four phases the run shows. */
  readonly phase: Phase;
  /** `|W_NI|` at the end divided by `|W_NI|` at the start. */
  readonly niwLeft: number;
  /** Unperturbed training accuracy at the end, 0 to 1. */
  readonly trainAccuracy: number;
  /** In steps. */
  readonly timeScales: TimeScales;
  /** The run's record. */
  readonly trajectory: Trajectory;
}

/** The data of the paper's Figure 1. */
export interface FigureOne {
  /** The sweep that was run. */
  readonly input: SweepInput;
  /** Updates of an epoch. */
  readonly stepsPerEpoch: number;
  /** One entry for each run. */
  readonly runs: readonly FigureRun[];
  /** Measured boundaries in `sigma`, by mode and over both. */
  readonly boundaries: Readonly<Record<Mode | "both", Record<BoundaryName, MeasuredBoundary>>>;
  /** From the curvature at the start: geometric means over the seeds and their standard errors. */
  readonly predicted: Readonly<
    Record<"decay" | "decayPointwise" | "catapult" | "catapultPointwise", Estimate | null>
  >;
  /** Forecast by short runs with fresh noise: geometric means over the seeds; null for optimisers other than plain SGD. */
  readonly forecast: PredictedBoundaries | null;
  /** One run in the decay phase, one in the catapult phase, probed. */
  readonly probes: readonly ProbeResult[];
  /** Of the runs in these phases, mode by mode. */
  readonly similarity: readonly {
    /** Standard deviation of the noise. */
    readonly sigma: number;
    /** Fresh or fixed noise. */
    readonly mode: Mode;
    /** The phase of all these runs. */
    readonly phase: Phase;
    /** How similar noise weights and losses are. */
    readonly found: Similarity;
  }[];
  /** Probability that losses of other runs are as similar in all these cases together; NaN if there are no cases. */
  readonly similarityChance: number;
}

/** How to make the figure. */
export interface FigureOneOptions
  extends Omit<SweepOptions, "onProgress" | "shard" | "runner">,
    Pick<ProbeOptions, "samples"> {
  /** Reports the parts of the work, out of 1. */
  readonly onProgress?: OnProgress;
}

/**
 * The experiment of the paper's Figure 1 (Levi et al., arXiv:2210.13599): a ReLU network with three hidden layers,
 * cross-entropy, Fashion-MNIST, one noise node on the input layer, over `sigma`, with fresh and with fixed noise.
 * @param options `quick`: a smaller one, in some minutes. `full`: all 60,000 training samples, as in the paper.
 * `samples`: so many training samples.
 */
export function figureOneInput(
  options: { readonly quick?: boolean; readonly full?: boolean; readonly samples?: number } = {},
): SweepInput {
  const { quick = false, full = false } = options;
  const { samples = full ? 60_000 : quick ? 1000 : 2000 } = options;
  const width = quick ? 64 : 128;
  return {
    network: { layers: [width, width, width], activation: "relu", loss: "cross-entropy" },
    noise: [{ layer: 0, nodes: 1, sigma: 1 }],
    data: { name: "fashion-mnist", train: samples, test: quick ? 500 : 2000 },
    optimizer: { learningRate: 0.1, batchSize: 100 },
    epochs: quick ? 40 : 80,
    // The test loss falls within half an epoch.
    record: { evaluateEarly: quick ? 30 : 60 },
    sweep: {
      "noise.0.sigma": quick ? "1:300:8" : "0.5:500:15",
      "noise.0.mode": ["fresh", "fixed"],
      repeats: quick ? 2 : 3,
    },
  };
}

/** Makes the runs of the figure and analyses them. */
export async function figureOne(
  input: SweepInput,
  options: FigureOneOptions = {},
): Promise<FigureOne> {
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const { sweep: _, ...base } = input;
  if (base.noise?.length === 0) {
    throw new InputError("noise", "noise is empty: the figure needs a noise node");
  }
  const say = (done: number, what: string) =>
    options.onProgress?.({ done, total: 1, what, secondsLeft: null });
  const { onProgress: __, samples, ...sweeping } = options;
  const { backend, gpu, fast, files, dataset, signal } = options;
  const probing = { backend, gpu, fast, files, dataset, signal, samples };

  const runs: FigureRun[] = [];
  const found = sweep(input, {
    ...sweeping,
    kernels,
    onProgress: ({ done, total }) =>
      say((0.7 * done) / total, `run ${Math.floor(done)} of ${total}`),
  });
  for await (const run of found) {
    const { experiment, phase, final, evidence, trajectory } = run;
    runs.push({
      sigma: experiment.noise[0].sigma,
      mode: experiment.noise[0].mode,
      seed: experiment.seed,
      phase,
      niwLeft: evidence.niwEnd / evidence.niwStart,
      trainAccuracy: final.trainAccuracy,
      timeScales: timeScalesOf(trajectory),
      trajectory,
    });
  }
  runs.sort((a, b) => a.sigma - b.sigma || a.mode.localeCompare(b.mode) || a.seed - b.seed);

  const predictions: Prediction[] = [];
  const seeds = [...new Set(runs.map(({ seed }) => seed))];
  for (const seed of seeds) {
    say(0.7 + (0.05 * predictions.length) / seeds.length, "curvature at the start");
    predictions.push(await predictionOf({ ...base, seed }, { ...probing, kernels }));
  }
  say(0.75, "forecast");
  const forecast = await predictedBoundaries(
    seeds.map((seed) => parseExperiment({ ...base, seed })),
    { ...probing, kernels, networks: true },
  );

  const probes: ProbeResult[] = [];
  for (const phase of ["decay", "catapult"] as const) {
    const sigmas = runs.filter((run) => run.phase === phase && run.mode === "fresh");
    if (sigmas.length === 0) continue;
    const { sigma, seed } = sigmas[Math.floor(sigmas.length / 2)];
    const noise = [{ ...base.noise?.[0], sigma }];
    const start = 0.8 + 0.1 * probes.length;
    probes.push(
      await probe(
        { ...base, noise, seed },
        {
          ...probing,
          kernels,
          forecast: null,
          moments: 40,
          onProgress: ({ done, total }) => say(start + (0.1 * done) / total, `probe at ${sigma}`),
        },
      ),
    );
  }
  const { schedule } = await prepare({ ...base, seed: seeds[0] }, { kernels, files, dataset });
  return {
    input,
    stepsPerEpoch: schedule.stepsPerEpoch,
    runs,
    boundaries: {
      fresh: measuredBoundaries(runs.filter(({ mode }) => mode === "fresh")),
      fixed: measuredBoundaries(runs.filter(({ mode }) => mode === "fixed")),
      both: measuredBoundaries(runs),
    },
    predicted: {
      decay: overSeeds(predictions.map(({ decay }) => decay)),
      decayPointwise: overSeeds(predictions.map((p) => p.decayPointwise)),
      catapult: overSeeds(predictions.map(({ catapult }) => catapult)),
      catapultPointwise: overSeeds(predictions.map((p) => p.catapultPointwise)),
    },
    forecast,
    probes,
    ...similarities(runs, kernels),
  };
}

/** At each `sigma` and mode where all seeds are in the decay or in the catapult phase. */
function similarities(
  runs: readonly FigureRun[],
  kernels: ConstructorParameters<typeof Streams>[0],
): Pick<FigureOne, "similarity" | "similarityChance"> {
  const words = new Streams(kernels, 0).words("probe", 9, 0, 1, 1 << 16);
  let at = 0;
  const random = () => words[at++ % words.length] / 2 ** 32;
  const sigmas = [...new Set(runs.map(({ sigma }) => sigma))];
  const cases = sigmas.flatMap((sigma) =>
    (["fresh", "fixed"] as const).flatMap((mode) => {
      const own = runs.filter((run) => run.sigma === sigma && run.mode === mode);
      // The sweep may leave out a mode, or have one seed.
      if (own.length < 2) return [];
      const [{ phase }] = own;
      const alike = own.every((run) => run.phase === phase);
      if (!alike || !["decay", "catapult"].includes(phase)) return [];
      const curve = (key: "niwNorm" | "unperturbedLoss") =>
        own.map(({ trajectory: { evaluations } }) => ({
          t: evaluations.epoch,
          y: evaluations[key],
        }));
      const found = similarity(curve("niwNorm"), curve("unperturbedLoss"), random);
      return [{ sigma, mode, phase, found }];
    }),
  );
  const sets = cases.map(({ found }) => found.pairs);
  return {
    similarity: cases,
    similarityChance: sets.length > 0 ? chance(sets, random) : Number.NaN,
  };
}
