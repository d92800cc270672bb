import { type Evidence, judge } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import { WITHOUT_MEMORY } from "../analysis/phaseNumbers.js";
import { pause } from "../async/pause.js";
import { type OnProgress, ProgressReporter } from "../async/progress.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Experiment } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { lambda, niwNorm } from "../theory/linear.js";
import type { CellNumber, CellStart, LinearCells } from "./linearCells.js";
import { LinearLanes } from "./linearLanes.js";
import { MomentSource } from "./linearMoments.js";
import { type LinearStart, linearStart } from "./linearStart.js";

/** One run of the ensemble. */
export interface LinearCell {
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Step size `eta`. */
  readonly learningRate: number;
  /** Seed of data, weights and noise. */
  readonly seed: number;
  /** `eta sigma^2 lambda(0)`. */
  readonly kappa: number;
  /** Which of the four phases the run shows. */
  readonly phase: Phase;
  /** The numbers that decided it. */
  readonly evidence: Evidence;
  /** Loss before the first update. */
  readonly lossStart: number;
  /** Largest loss. */
  readonly lossMax: number;
  /** Loss of the last step, before its update; of a diverged run, the loss that ended it. */
  readonly lossEnd: number;
  /** `|W_NI|` before the first update. */
  readonly niwStart: number;
  /** `|W_NI|` of the last step, before its update. */
  readonly niwEnd: number;
  /** `alpha w2^T W_NI`, with its sign. */
  readonly effectiveNiwStart: number;
  /** The same of the last step, before its update. */
  readonly effectiveNiwEnd: number;
  /** Updates made; fewer than the experiment's if the loss exceeded 1e100, which ends a run. */
  readonly steps: number;
}

/** A grid of linear models: every combination of `sigmas`, `learningRates` and `seeds`. */
export interface EnsembleSpec {
  /** A linear model with one input and one noise node; the cells replace its `sigma`, learning rate and seed. */
  readonly experiment: Experiment;
  /** Standard deviations of the noise. */
  readonly sigmas: readonly number[];
  /** Step sizes `eta`. */
  readonly learningRates: readonly number[];
  /** Seeds, integers from 0 to 2^32 - 1. */
  readonly seeds: readonly number[];
  /**
   * Precision of the recursion; default "float64". "float32" puts four cells into a vector instead of two. Its states have
   * errors of about 1e-7 times the square root of the steps, which moves no boundary that is sampled to a percent. Losses
   * below 1e-12 of the first one are rounding errors, and a run counts as diverged beyond a loss of 1e12 instead of 1e100.
   * A GPU always uses "float32".
   */
  readonly precision?: "float64" | "float32";
}

/** How to run the grid. */
export interface EnsembleOptions {
  /** Kernels that are already loaded (`loadKernels`). */
  readonly kernels?: Kernels;
  /** Aborts the runs; the function then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Reports the seeds that are done. */
  readonly onProgress?: OnProgress;
  /** Default "wasm"; "webgpu" runs each cell in a GPU thread, in float32. */
  readonly backend?: "wasm" | "webgpu";
  /** The GPU to use with `backend: "webgpu"`. */
  readonly gpu?: GpuOptions;
}

interface Point {
  readonly sigma: number;
  readonly learningRate: number;
}

/**
 * Runs a grid of linear models by the exact recursion (theory, section 3), in SIMD lanes or GPU threads. All cells of a
 * seed share data, initial weights and unit noise (common random numbers), and therefore the moments of each step.
 * @throws InputError if the experiment is not such a linear model; RunError, with the reason, if `webgpu` finds no GPU.
 */
export async function runLinearEnsemble(
  spec: EnsembleSpec,
  options: EnsembleOptions = {},
): Promise<LinearCell[]> {
  const kernels = options.kernels ?? (await loadKernels());
  const progress = new ProgressReporter("seed", options.onProgress);
  const cells: LinearCell[] = [];
  for (const [index, seed] of spec.seeds.entries()) {
    const run = await SeedRun.start(kernels, spec, seed, options);
    while (!run.finished) {
      await run.advance();
      progress.report(index + run.progress, spec.seeds.length);
      await pause();
      options.signal?.throwIfAborted();
    }
    for (const cell of run.cells()) cells.push(cell);
  }
  return cells;
}

class SeedRun {
  readonly #seed: number;
  readonly #start: LinearStart;
  readonly #points: readonly Point[];
  readonly #steps: number;
  readonly #moments: MomentSource;
  readonly #cells: LinearCells;
  #lossStart = new Float64Array(0);
  #done = 0;

  private constructor(
    seed: number,
    start: LinearStart,
    points: readonly Point[],
    steps: number,
    moments: MomentSource,
    cells: LinearCells,
  ) {
    this.#seed = seed;
    this.#start = start;
    this.#points = points;
    this.#steps = steps;
    this.#moments = moments;
    this.#cells = cells;
  }

  static async start(
    kernels: Kernels,
    { experiment, sigmas, learningRates, precision = "float64" }: EnsembleSpec,
    seed: number,
    { backend, gpu }: EnsembleOptions,
  ): Promise<SeedRun> {
    const streams = new Streams(kernels, seed);
    const start = linearStart(experiment, streams);
    if (start.inputs !== 1 || start.nodes !== 1) {
      throw new Error("the ensemble kernel takes one input and one noise node");
    }
    const points = learningRates.flatMap((learningRate) =>
      sigmas.map((sigma) => ({ sigma, learningRate })),
    );
    const starts = points.map((point) => cellStart(start, point));
    const steps = experiment.steps ?? experiment.epochs ?? 0;
    const moments = new MomentSource(kernels, streams, experiment.noise[0], start);
    const cells =
      backend === "webgpu"
        ? await (await import("./linearThreads.js")).LinearThreads.open(starts, gpu)
        : new LinearLanes(kernels, precision, starts);
    const run = new SeedRun(seed, start, points, steps, moments, cells);
    await run.#run(1);
    run.#lossStart = Float64Array.from(points, (_, i) => cells.get(i, "loss"));
    return run;
  }

  get finished(): boolean {
    return this.#done >= this.#steps;
  }

  get progress(): number {
    return this.#done / this.#steps;
  }

  /** Takes all cells through a chunk of steps. */
  async advance(): Promise<void> {
    const affordable = Math.min(this.#cells.atOnce, this.#moments.atOnce);
    await this.#run(Math.min(affordable, this.#steps - this.#done));
  }

  async #run(steps: number): Promise<void> {
    await this.#cells.run(this.#moments.take(this.#done, steps), steps);
    this.#done += steps;
  }

  cells(): LinearCell[] {
    const { state, alpha, inputs, scales } = this.#start;
    const curvature = lambda(state, inputs, alpha);
    const norm = niwNorm(state, inputs);
    return this.#points.map(({ sigma, learningRate }, i) => {
      const value = (name: CellNumber) => this.#cells.get(i, name);
      const numbers = {
        finite: value("made") === this.#steps,
        lossStart: this.#lossStart[i],
        lossMax: value("lossMax"),
        lossEnd: value("loss"),
        niwStart: Math.abs(alpha * state.v[1]),
        niwMax: alpha * value("v2Max"),
        niwPeak: alpha * value("v2Max"),
        niwEnd: Math.abs(alpha * value("v2")),
        ...WITHOUT_MEMORY,
      };
      const evidence = judge(numbers, {
        ...scales,
        measure: sigma === 0 ? "loss" : scales.measure,
        loss: scales.loss + 0.5 * (sigma * scales.niw) ** 2,
      });
      return {
        sigma,
        learningRate,
        seed: this.#seed,
        kappa: learningRate * sigma ** 2 * curvature,
        phase: evidence.phase,
        evidence,
        lossStart: numbers.lossStart,
        lossMax: numbers.lossMax,
        lossEnd: numbers.lossEnd,
        niwStart: norm,
        niwEnd: Math.sqrt(value("g22")),
        effectiveNiwStart: alpha * state.v[1],
        effectiveNiwEnd: alpha * value("v2"),
        steps: value("made"),
      };
    });
  }
}

function cellStart(
  { state, alpha, slopes }: LinearStart,
  { sigma, learningRate }: Point,
): CellStart {
  const [g11, g12, , g22] = state.G;
  const [v1, v2] = state.v;
  const step = learningRate * alpha;
  return { alpha, sigma, step, slope: slopes[0], g11, g12, g22, v1, v2, s: state.s };
}
