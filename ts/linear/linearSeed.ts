import { type PhaseNumbers, type PhaseScales, WITHOUT_MEMORY } from "../analysis/phaseNumbers.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Experiment } from "../experiment/schema.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { lambda, niwNorm } from "../theory/linear.js";
import type { CellNumber, CellStarts, LinearCells } from "./linearCells.js";
import { LinearLanes } from "./linearLanes.js";
import { MomentSource } from "./linearMoments.js";
import { type LinearStart, linearStart } from "./linearStart.js";

/** The cells of one seed: every combination of `sigmas` and `learningRates`. */
export interface SeedGrid {
  /** A linear model with one input and one noise node; the cells replace its `sigma` and learning rate. */
  readonly experiment: Experiment;
  /** Standard deviations of the noise; neighbouring cells differ in these. */
  readonly sigmas: readonly number[];
  /** Step sizes `eta`. */
  readonly learningRates: readonly number[];
  /** Precision of the recursion on a CPU; default "float64". */
  readonly precision?: "float64" | "float32";
}

/** Where the cells of a seed are computed. */
export interface SeedOptions {
  readonly backend?: "wasm" | "webgpu";
  readonly gpu?: GpuOptions;
  /** Kernels whose memory the cells may use until they are read; default new ones, whose memory the host must provide anew. */
  readonly instance?: KernelExports;
}

/**
 * The cells of one seed, by the exact recursion (theory, section 3). They share data, initial weights and unit noise, and
 * therefore the moments of each step.
 */
export class LinearSeed {
  /** `lambda(0)`, `|W_NI|` and `alpha w2^T W_NI` before the first update, and the factor `alpha` of the output. */
  readonly lambda: number;
  readonly niwStart: number;
  readonly effectiveNiwStart: number;
  readonly alpha: number;
  readonly count: number;
  readonly #grid: SeedGrid;
  readonly #start: LinearStart;
  readonly #steps: number;
  readonly #moments: MomentSource;
  readonly #cells: LinearCells;
  #lossStart = new Float64Array(0);
  #done = 0;

  private constructor(
    grid: SeedGrid,
    start: LinearStart,
    steps: number,
    moments: MomentSource,
    cells: LinearCells,
  ) {
    const { state, alpha, inputs } = start;
    this.lambda = lambda(state, inputs, alpha);
    this.niwStart = niwNorm(state, inputs);
    this.effectiveNiwStart = alpha * state.v[1];
    this.alpha = alpha;
    this.count = grid.sigmas.length * grid.learningRates.length;
    this.#grid = grid;
    this.#start = start;
    this.#steps = steps;
    this.#moments = moments;
    this.#cells = cells;
  }

  /**
   * Takes all cells through their first step.
   * @throws InputError if the experiment is not such a linear model; RunError, with the reason, if `webgpu` finds no GPU.
   */
  static async start(
    kernels: Kernels,
    grid: SeedGrid,
    seed: number,
    { backend, gpu, instance }: SeedOptions = {},
  ): Promise<LinearSeed> {
    const { experiment, precision = "float64" } = grid;
    const streams = new Streams(kernels, seed);
    const start = linearStart(experiment, streams);
    if (start.inputs !== 1 || start.nodes !== 1) {
      throw new Error("the ensemble kernel takes one input and one noise node");
    }
    const starts = startsOf(start, grid);
    const steps = experiment.steps ?? experiment.epochs ?? 0;
    const moments = new MomentSource(kernels, streams, experiment.noise[0], start);
    const cells =
      backend === "webgpu"
        ? await (await import("./linearThreads.js")).LinearThreads.open(starts, gpu)
        : new LinearLanes(instance ?? kernels.instantiate(), precision, starts);
    const run = new LinearSeed(grid, start, steps, moments, cells);
    await run.#run(1);
    run.#lossStart = Float64Array.from({ length: run.count }, (_, i) => cells.get(i, "loss"));
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

  get(cell: number, name: CellNumber): number {
    return this.#cells.get(cell, name);
  }

  /** Where a cell lies. */
  pointOf(cell: number): { readonly sigma: number; readonly learningRate: number } {
    const { sigmas, learningRates } = this.#grid;
    const sigma = sigmas[cell % sigmas.length];
    return { sigma, learningRate: learningRates[Math.floor(cell / sigmas.length)] };
  }

  /** The numbers that decide a cell's phase. */
  numbersOf(cell: number): PhaseNumbers {
    const { alpha } = this;
    const niwMax = alpha * this.get(cell, "v2Max");
    return {
      finite: this.get(cell, "made") === this.#steps,
      lossStart: this.#lossStart[cell],
      lossMax: this.get(cell, "lossMax"),
      lossEnd: this.get(cell, "loss"),
      niwStart: Math.abs(this.effectiveNiwStart),
      niwMax,
      niwPeak: niwMax,
      niwEnd: Math.abs(alpha * this.get(cell, "v2")),
      memoryEnd: WITHOUT_MEMORY.memoryEnd,
      kickOvershoot: WITHOUT_MEMORY.kickOvershoot,
    };
  }

  /** The scales of cells with this `sigma`. */
  scalesOf(sigma: number): PhaseScales {
    const { scales } = this.#start;
    return {
      ...scales,
      measure: sigma === 0 ? "loss" : scales.measure,
      loss: scales.loss + 0.5 * (sigma * scales.niw) ** 2,
    };
  }
}

function startsOf(
  { state, alpha, slopes }: LinearStart,
  { sigmas, learningRates }: SeedGrid,
): CellStarts {
  const [g11, g12, , g22] = state.G;
  const [v1, v2] = state.v;
  return {
    shared: { alpha, slope: slopes[0], g11, g12, g22, v1, v2, s: state.s },
    sigmas,
    steps: learningRates.map((learningRate) => learningRate * alpha),
  };
}
