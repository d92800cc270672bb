import { type BoundaryName, measuredBoundaries } from "../analysis/boundaries.js";
import type { Estimate } from "../analysis/estimate.js";
import { PHASES } from "../analysis/phase.js";
import { boundaryVerdict, type Verdict } from "../analysis/verdict.js";
import { mapInTurns } from "../async/mapInTurns.js";
import type { BackendName } from "../backend/machineFor.js";
import { dawn } from "../backend/node/dawn.js";
import { InputError } from "../errors/errors.js";
import { type LinearModel, linearExperiment } from "../experiment/presets.js";
import { logRange } from "../experiment/range.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/kernels.js";
import { type LinearCell, runLinearEnsemble } from "../linear/linearEnsemble.js";
import { linearNetworkCells } from "../linear/linearNetwork.js";
import { linearPrediction, recursionPrediction } from "../linear/linearPrediction.js";
import { linearRun } from "../linear/linearRun.js";
import { SYSTEMATIC } from "../probe/judged.js";
import { overSeeds } from "../probe/predictedBoundaries.js";
import { Streams } from "../random/streams.js";
import type { LinearCurves } from "../report/curves.js";
import type { Claim } from "../store/node/openFolder.js";
import type { CommonOptions } from "./options.js";
import { ProgressBar, type Voice } from "./terminal.js";

export interface PhasesOptions extends CommonOptions {
  readonly width: number;
  readonly samples: number;
  readonly learningRate: number;
  readonly sigma: string;
  readonly steps: number;
  readonly seeds: number;
  readonly seed: number;
  readonly mode: "fresh" | "fixed";
  readonly full?: boolean;
  readonly backend: BackendName;
  readonly fast?: boolean;
  readonly out?: string;
  readonly force?: boolean;
}

/** Number of seeds for which the recursion computes the boundaries, a twentieth of a second each. */
const EXACT = 8;

export const PHASES_DEFAULTS = {
  width: 100,
  samples: 200,
  learningRate: 0.05,
  sigma: "0.01:10:40",
  steps: 2000,
  seeds: 4,
  seed: 0,
  mode: "fresh",
  backend: "auto",
} as const satisfies Partial<PhasesOptions>;

export interface PhasesResult {
  readonly cells: readonly LinearCell[];
  readonly boundaries: Record<
    BoundaryName,
    {
      /** To leading order in the width: see `linearBoundaries`. */
      readonly predicted: number;
      /** By the recursion over the whole population of data: mean over the first seeds. */
      readonly recursion: number;
      readonly measured: number | null;
      /** Compares the measured boundary with the recursion's. */
      readonly verdict: Verdict;
    }
  >;
}

/** The linear model's phase diagram along sigma. */
export class PhasesJob {
  readonly options: PhasesOptions;
  readonly seeds: readonly number[];
  readonly #sigmas: readonly number[];
  readonly #kernels: Kernels;

  /** @throws InputError for an option that is out of range. */
  constructor(options: PhasesOptions, kernels: Kernels) {
    this.options = options;
    this.#kernels = kernels;
    this.#sigmas = logRange("--sigma", options.sigma);
    const { seeds, seed } = options;
    if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100_000) {
      throw new InputError("--seeds", `--seeds is ${seeds}: takes an integer from 1 to 100000`);
    }
    this.seeds = Array.from({ length: seeds }, (_, i) => seed + i);
    if (!options.full) exactBackend(options.backend);
    // Checks the other options: both ends of the range and of the seeds must make a valid experiment.
    this.#experiment(this.#sigmas[0], seed);
    this.#experiment(this.#sigmas[this.#sigmas.length - 1], seed + seeds - 1);
  }

  /** Everything that the results depend on. */
  get spec() {
    const { width, samples, learningRate, sigma, steps, seeds, seed, mode } = this.options;
    const { full = false, backend, fast = false } = this.options;
    const model = { width, samples, learningRate, sigma, steps, seeds, seed, mode };
    return { command: "phases", ...model, full, backend, fast };
  }

  claim(begin: Claim["begin"]): Claim {
    return { spec: this.spec, begin };
  }

  async run(voice: Voice, signal: AbortSignal): Promise<PhasesResult> {
    const progress = new ProgressBar("phases", voice);
    const { backend } = this.options;
    const hooks = {
      signal,
      gpu: { source: dawn },
      kernels: this.#kernels,
      onProgress: progress.report,
    };
    const spec = {
      experiment: this.#experiment(1, this.options.seed),
      sigmas: this.#sigmas,
      learningRates: [this.options.learningRate],
      seeds: this.seeds,
    };
    try {
      const cells = this.options.full
        ? await linearNetworkCells(spec, { ...hooks, backend })
        : await runLinearEnsemble(spec, {
            ...hooks,
            backend: exactBackend(backend),
          });
      return { cells, boundaries: await this.#boundaries(cells, signal) };
    } finally {
      progress.stop();
    }
  }

  /** For each phase that occurs: the run in the middle of its range, of the first seed that shows it. */
  examples(cells: readonly LinearCell[]): LinearCurves[] {
    return PHASES.flatMap((phase) => {
      const seed = cells.find((cell) => cell.phase === phase)?.seed;
      if (seed === undefined) return [];
      const own = cells.filter((cell) => cell.phase === phase && cell.seed === seed);
      const { sigma, kappa } = own[Math.floor((own.length - 1) / 2)];
      const run = linearRun(this.#experiment(sigma, seed), new Streams(this.#kernels, seed));
      return [{ ...run, phase, sigma, kappa }];
    });
  }

  async #boundaries(
    cells: readonly LinearCell[],
    signal: AbortSignal,
  ): Promise<PhasesResult["boundaries"]> {
    const measured = measuredBoundaries(cells);
    const starts = this.seeds.map((seed) => this.#experiment(1, seed));
    const predicted = await linearPrediction(starts, this.#kernels, signal);
    const recursion = (start: Experiment) => recursionPrediction(start, this.#kernels);
    const exact = await mapInTurns(starts.slice(0, EXACT), recursion, signal);
    const both = (name: BoundaryName) => {
      const mean = overSeeds(exact.map((one) => one[name])) as Estimate;
      return {
        predicted: predicted[name],
        recursion: mean.value,
        ...measured[name],
        verdict: boundaryVerdict(mean, measured[name].bracket, SYSTEMATIC),
      };
    };
    return { decay: both("decay"), catapult: both("catapult"), divergent: both("divergent") };
  }

  #experiment(sigma: number, seed: number) {
    const { width, samples, learningRate, steps, mode } = this.options;
    const model: LinearModel = { width, samples, learningRate, steps, mode, sigma, seed };
    try {
      return linearExperiment(model);
    } catch (error) {
      throw asFlag(error);
    }
  }
}

/** The machine of the recursion: the CPU in float64, or a GPU in float32 if the user asks for it. */
function exactBackend(backend: BackendName): "wasm" | "webgpu" {
  if (backend === "reference") {
    throw new InputError(
      "--backend",
      "--backend is reference: the exact recursion takes wasm or webgpu; only --full takes reference",
    );
  }
  return backend === "webgpu" ? "webgpu" : "wasm";
}

const FLAGS: Readonly<Record<string, string>> = {
  "network.layers.0": "--width",
  "data.train": "--samples",
  "optimizer.learningRate": "--learning-rate",
  "noise.0.sigma": "--sigma",
  "noise.0.mode": "--mode",
  steps: "--steps",
  seed: "--seed",
};

/** Names the flag that the user set, instead of the experiment's field that the flag stands for. */
function asFlag(error: unknown): unknown {
  const flag = error instanceof InputError && FLAGS[error.field];
  return flag ? new InputError(flag, error.message.replace(error.field, flag)) : error;
}
