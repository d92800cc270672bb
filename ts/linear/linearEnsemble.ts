import { type Evidence, judge } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import { pause } from "../async/pause.js";
import { type OnProgress, ProgressReporter } from "../async/progress.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Experiment } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import type { LinearSeed } from "./linearSeed.js";

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
  // A page loads the recursion only if it runs one.
  const { LinearSeed } = await import("./linearSeed.js");
  const progress = new ProgressReporter("seed", options.onProgress);
  const cells: LinearCell[] = [];
  for (const [index, seed] of spec.seeds.entries()) {
    const run = await LinearSeed.start(kernels, spec, seed, options);
    while (!run.finished) {
      await run.advance();
      progress.report(index + run.progress, spec.seeds.length);
      await pause();
      options.signal?.throwIfAborted();
    }
    for (let i = 0; i < run.count; i++) cells.push(cellOf(run, seed, i));
  }
  return cells;
}

function cellOf(run: LinearSeed, seed: number, i: number): LinearCell {
  const { sigma, learningRate } = run.pointOf(i);
  const numbers = run.numbersOf(i);
  const evidence = judge(numbers, run.scalesOf(sigma));
  return {
    sigma,
    learningRate,
    seed,
    kappa: learningRate * sigma ** 2 * run.lambda,
    phase: evidence.phase,
    evidence,
    lossStart: numbers.lossStart,
    lossMax: numbers.lossMax,
    lossEnd: numbers.lossEnd,
    niwStart: run.niwStart,
    niwEnd: Math.sqrt(run.get(i, "g22")),
    effectiveNiwStart: run.effectiveNiwStart,
    effectiveNiwEnd: run.alpha * run.get(i, "v2"),
    steps: run.get(i, "made"),
  };
}
