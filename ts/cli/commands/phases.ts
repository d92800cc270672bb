import { type Command, InvalidArgumentError } from "commander";
import { type BoundaryName, measuredBoundaries } from "../../analysis/boundaries.js";
import type { Estimate } from "../../analysis/estimate.js";
import { PHASES, type Phase } from "../../analysis/phase.js";
import { boundaryVerdict, type Verdict } from "../../analysis/verdict.js";
import { mapInTurns } from "../../async/mapInTurns.js";
import type { BackendName } from "../../backend/machineFor.js";
import { dawn } from "../../backend/node/dawn.js";
import { InputError } from "../../errors/errors.js";
import { type LinearModel, linearExperiment } from "../../experiment/presets.js";
import { logRange } from "../../experiment/range.js";
import type { Experiment } from "../../experiment/schema.js";
import { type Kernels, loadKernels } from "../../kernels/kernels.js";
import { type LinearCell, runLinearEnsemble } from "../../linear/linearEnsemble.js";
import { linearNetworkCells } from "../../linear/linearNetwork.js";
import { linearPrediction, recursionPrediction } from "../../linear/linearPrediction.js";
import { linearRun } from "../../linear/linearRun.js";
import { SYSTEMATIC } from "../../probe/comparisons.js";
import { overSeeds } from "../../probe/foretold.js";
import { Streams } from "../../random/streams.js";
import { linearTrajectories } from "../../report/curves.js";
import { phaseMap } from "../../report/phaseMap.js";
import type { Claim } from "../../store/node/openFolder.js";
import { prepareFolder, writeSpec } from "../../store/node/openStore.js";
import { writeFigure, writeJson } from "../../store/node/results.js";
import type { Interrupt } from "../interrupt.js";
import {
  beginning,
  type CommonOptions,
  voiceOf,
  withBackend,
  withOut,
  withVoice,
} from "../options.js";
import { digits, ProgressBar, phaseName, table, type Voice } from "../terminal.js";

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

/** Seeds whose boundaries are found by the recursion, a twentieth of a second each. */
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
      /** To leading order in the width: `kappa` of 2, of 4. */
      readonly predicted: number;
      /** By the recursion in population, over the first seeds. */
      readonly recursion: number;
      readonly measured: number | null;
      /** Of the recursion's. */
      readonly verdict: Verdict;
    }
  >;
}

export function phasesCommand(program: Command, interrupt: Interrupt): void {
  const d = PHASES_DEFAULTS;
  withOut(withVoice(withBackend(program.command("phases"))))
    .description("the linear model's phases against sigma, by its exact reduction")
    .option("--width <d>", "hidden units", number, d.width)
    .option("--samples <n>", "training samples, all in every batch", number, d.samples)
    .option("--learning-rate <eta>", "learning rate", number, d.learningRate)
    .option("--sigma <range>", "from:to:count, logarithmically spaced", d.sigma)
    .option("--steps <t>", "updates", number, d.steps)
    .option("--seeds <n>", "number of seeds", number, d.seeds)
    .option("--seed <s>", "first seed", number, d.seed)
    .option("--mode <mode>", "fresh noise each step, or fixed", d.mode)
    .option("--full", "train the network itself instead of using the reduction")
    .addHelpText(
      "after",
      `
kappa = eta sigma^2 lambda(0) tells what to expect: decay below 2, catapult from 2 to about 4, divergence above.

Examples:
  $ ninscope phases
  $ ninscope phases --sigma 1:10:100 --seeds 20 --out results/phases
  $ ninscope phases --sigma 0.01:10:1024 --seeds 100 --backend webgpu
  $ ninscope phases --full --steps 500 --sigma 1:8:8 --seeds 1`,
    )
    .action(async (options: PhasesOptions) => {
      const voice = voiceOf(options);
      const job = new PhasesJob(options, await loadKernels({ fast: options.fast }));
      if (options.out) await prepareFolder(options.out, job.claim(beginning(options)));
      const result = await job.run(voice, interrupt.signal);
      if (options.out) await job.write(options.out, result);
      if (voice.json) process.stdout.write(`${JSON.stringify(jsonOf(result))}\n`);
      else process.stdout.write(`${phasesTable(result)}\n`);
    });
}

/** The linear model's phase diagram along sigma. */
export class PhasesJob {
  readonly #options: PhasesOptions;
  readonly #kernels: Kernels;
  readonly #sigmas: readonly number[];
  readonly #seeds: readonly number[];

  /** @throws InputError for an option that is out of range. */
  constructor(options: PhasesOptions, kernels: Kernels) {
    this.#options = options;
    this.#kernels = kernels;
    this.#sigmas = logRange("--sigma", options.sigma);
    // Every seed and both ends of the range have to make a valid experiment.
    const { seeds, seed } = options;
    if (!Number.isInteger(seeds) || seeds < 1 || seeds > 100_000) {
      throw new InputError("--seeds", `--seeds is ${seeds}: takes an integer from 1 to 100000`);
    }
    this.#seeds = Array.from({ length: seeds }, (_, i) => seed + i);
    if (!options.full) exactBackend(options.backend);
    this.#experiment(this.#sigmas[0], seed);
    this.#experiment(this.#sigmas[this.#sigmas.length - 1], seed + seeds - 1);
  }

  /** What the results are of: everything that they depend on. */
  get #spec() {
    const { width, samples, learningRate, sigma, steps, seeds, seed, mode } = this.#options;
    const { full = false, backend, fast = false } = this.#options;
    const model = { width, samples, learningRate, sigma, steps, seeds, seed, mode };
    return { command: "phases", ...model, full, backend, fast };
  }

  claim(begin: Claim["begin"]): Claim {
    return { spec: this.#spec, begin };
  }

  async run(voice: Voice, signal: AbortSignal): Promise<PhasesResult> {
    const progress = new ProgressBar("phases", voice);
    const { backend } = this.#options;
    const hooks = {
      signal,
      gpu: { source: dawn },
      kernels: this.#kernels,
      onProgress: progress.report,
    };
    const spec = {
      experiment: this.#experiment(1, this.#options.seed),
      sigmas: this.#sigmas,
      learningRates: [this.#options.learningRate],
      seeds: this.#seeds,
    };
    try {
      const cells = this.#options.full
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

  async write(folder: string, result: PhasesResult): Promise<void> {
    await writeSpec(folder, this.#spec);
    for (const [name, svg] of Object.entries(this.figures(result)))
      await writeFigure(folder, name, svg);
    await writeJson(folder, "summary.json", jsonOf(result));
  }

  figures({ cells, boundaries }: PhasesResult): Record<string, string> {
    const { width, samples, learningRate, steps, mode } = this.#options;
    const [first, last] = [this.#seeds[0], this.#seeds[this.#seeds.length - 1]];
    const settings = `d = ${width}, N = ${samples}, eta = ${learningRate}, ${steps} steps, ${mode} noise`;
    const examples = PHASES.flatMap((phase) => this.#example(cells, phase));
    return {
      phases: phaseMap({
        title: "The linear model's phases against the strength of the noise",
        caption: `${settings}, seeds ${first} to ${last}`,
        runs: cells,
        boundaries,
      }),
      trajectories: linearTrajectories(
        { title: "The linear model in its four phases", caption: `${settings}, seed ${first}` },
        examples,
      ),
    };
  }

  /** The run of a phase, of the first seed that shows it, in the middle of its range. */
  #example(cells: readonly LinearCell[], phase: Phase) {
    const seed = cells.find((cell) => cell.phase === phase)?.seed;
    if (seed === undefined) return [];
    const own = cells.filter((cell) => cell.phase === phase && cell.seed === seed);
    const { sigma, kappa } = own[Math.floor((own.length - 1) / 2)];
    const run = linearRun(this.#experiment(sigma, seed), new Streams(this.#kernels, seed));
    return [{ ...run, phase, sigma, kappa }];
  }

  async #boundaries(
    cells: readonly LinearCell[],
    signal: AbortSignal,
  ): Promise<PhasesResult["boundaries"]> {
    const measured = measuredBoundaries(cells);
    const starts = this.#seeds.map((seed) => this.#experiment(1, seed));
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
    const { width, samples, learningRate, steps, mode } = this.#options;
    const model: LinearModel = { width, samples, learningRate, steps, mode, sigma, seed };
    try {
      return linearExperiment(model);
    } catch (error) {
      throw asFlag(error);
    }
  }
}

/** Where the recursion runs: on the CPU in float64, or on a GPU in float32, which has to be asked for. */
function exactBackend(backend: BackendName): "wasm" | "webgpu" {
  if (backend === "reference") {
    throw new InputError(
      "--backend",
      "--backend is reference: the exact recursion takes wasm or webgpu; with --full the network is trained on any",
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

/** The user set a flag, not the experiment's field that it stands for. */
function asFlag(error: unknown): unknown {
  const flag = error instanceof InputError && FLAGS[error.field];
  return flag ? new InputError(flag, error.message.replace(error.field, flag)) : error;
}

function jsonOf({ cells, boundaries }: PhasesResult) {
  return { cells: cells.map(({ evidence: _, ...cell }) => cell), boundaries };
}

/** One line a value of sigma: how many seeds are in which phase. */
export function phasesTable({ cells, boundaries }: PhasesResult): string {
  const sigmas = [...new Set(cells.map(({ sigma }) => sigma))];
  const rows = sigmas.map((sigma) => {
    const here = cells.filter((cell) => cell.sigma === sigma);
    const kappa = here.reduce((sum, cell) => sum + cell.kappa, 0) / here.length;
    const shares = ([...PHASES, "unclassified"] as Phase[])
      .map((phase) => ({ phase, count: here.filter((cell) => cell.phase === phase).length }))
      .filter(({ count }) => count > 0)
      .map(({ phase, count }) =>
        count === here.length ? phaseName(phase) : `${phaseName(phase)} ${count}`,
      );
    return [digits(sigma), digits(kappa), shares.join(", ")];
  });
  const edges = Object.entries(boundaries).map(
    ([name, { predicted, recursion, measured, verdict }]) =>
      `${name} from sigma ${digits(measured)} (predicted ${digits(predicted)}, by the recursion ${digits(recursion)}: ${verdict})`,
  );
  return [
    table(["sigma", "kappa", `phase (of ${cells.length / sigmas.length} seeds)`], rows),
    ...edges,
  ].join("\n");
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || Number.isNaN(value)) throw new InvalidArgumentError("takes a number");
  return value;
}
