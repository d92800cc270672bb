import { type Evidence, judge } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import type { Experiment } from "../experiment/schema.js";
import type { KernelExports, Kernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import { lambda, niwNorm } from "../theory/linear.js";
import { breathe } from "./breathe.js";
import { type LinearStart, linearStart } from "./linearStart.js";

/** One run of the ensemble. */
export interface LinearCell {
  readonly sigma: number;
  readonly learningRate: number;
  readonly seed: number;
  /** `eta sigma^2 lambda(0)`. */
  readonly kappa: number;
  readonly phase: Phase;
  readonly evidence: Evidence;
  readonly lossStart: number;
  readonly lossMax: number;
  /** Loss of the last step, before its update; of a diverged run, the loss that ended it. */
  readonly lossEnd: number;
  readonly niwStart: number;
  readonly niwEnd: number;
  /** `alpha w2^T W_NI`, with its sign. */
  readonly effectiveNiwStart: number;
  readonly effectiveNiwEnd: number;
  /** Updates made: fewer than asked for if the loss went beyond 1e100, which ends a run. */
  readonly steps: number;
}

export interface EnsembleSpec {
  /** A linear model with one input and one noise node; its `sigma`, learning rate and seed are the cells'. */
  readonly experiment: Experiment;
  readonly sigmas: readonly number[];
  readonly learningRates: readonly number[];
  readonly seeds: readonly number[];
  /**
   * Numbers in the recursion, "float64" unless given. "float32" runs four cells to a vector instead of two. Its states
   * err by some 1e-7 times the square root of the steps, which moves no boundary that is sampled to a percent; losses below 1e-12 of the
   * first one are rounding, and a run counts as diverged beyond a loss of 1e12 instead of 1e100.
   */
  readonly precision?: "float64" | "float32";
}

export interface EnsembleHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

/** Steps whose moments are made at a time. */
const CHUNK = 64;
/** What a chunk may cost: about 20 ms each of updates and of draws, so that a page stays responsive. */
const UPDATES = 2 ** 21;
const DRAWS = 2 ** 18;
/** Layout of the cells of a vector in memory (`assembly/linear.ts`), in vectors. */
const BLOCK = 14;
const [ALPHA, SIGMA, STEP, SLOPE, G11, G12, G22, V1, V2, S, LOSS_MAX, LOSS, V2_MAX, MADE] =
  Array(BLOCK).keys();
const VECTOR = 16;
const MOMENTS = 6;
const PAGE = 65536;

/**
 * Runs a grid of linear models by the exact recursion, in SIMD lanes. All cells of a seed share data,
 * initial weights and unit noise (common random numbers), hence the moments of each step.
 */
export async function runLinearEnsemble(
  kernels: Kernels,
  spec: EnsembleSpec,
  hooks: EnsembleHooks = {},
): Promise<LinearCell[]> {
  const cells: LinearCell[] = [];
  for (const [index, seed] of spec.seeds.entries()) {
    const run = new SeedRun(kernels, spec, seed);
    while (!run.finished) {
      run.advance();
      hooks.onProgress?.(index + run.progress, spec.seeds.length);
      await breathe();
      hooks.signal?.throwIfAborted();
    }
    for (const cell of run.cells()) cells.push(cell);
  }
  return cells;
}

class SeedRun {
  readonly #spec: EnsembleSpec;
  readonly #seed: number;
  readonly #streams: Streams;
  readonly #start: LinearStart;
  readonly #kernels: KernelExports;
  readonly #points: { sigma: number; learningRate: number }[];
  readonly #steps: number;
  readonly #chunk: number;
  readonly #Numbers: typeof Float64Array | typeof Float32Array;
  readonly #lanes: number;
  readonly #at: Record<"x" | "y" | "xi" | "exact" | "moments" | "blocks", number>;
  #lossStart = new Float64Array(0);
  #done = 0;

  constructor(kernels: Kernels, spec: EnsembleSpec, seed: number) {
    this.#spec = spec;
    this.#seed = seed;
    this.#streams = new Streams(kernels, seed);
    this.#start = linearStart(spec.experiment, this.#streams);
    if (this.#start.inputs !== 1 || this.#start.nodes !== 1) {
      throw new Error("the ensemble kernel takes one input and one noise node");
    }
    this.#points = spec.learningRates.flatMap((learningRate) =>
      spec.sigmas.map((sigma) => ({ sigma, learningRate })),
    );
    this.#steps = spec.experiment.steps ?? spec.experiment.epochs ?? 0;
    const affordable = Math.min(UPDATES / this.#points.length, DRAWS / this.#start.y.length);
    this.#chunk = Math.max(1, Math.min(CHUNK, Math.floor(affordable)));
    this.#kernels = kernels.instantiate();
    this.#Numbers = spec.precision === "float32" ? Float32Array : Float64Array;
    this.#lanes = VECTOR / this.#Numbers.BYTES_PER_ELEMENT;
    this.#at = this.#arena();
    this.#floats(this.#at.x).set(this.#start.x);
    this.#floats(this.#at.y).set(this.#start.y);
    this.#writeStates();
    if (!this.#fresh) this.#writeMoments(0, CHUNK);
    this.#run(1);
    const numbers = this.#numbers();
    this.#lossStart = Float64Array.from(this.#points, (_, i) => numbers[this.#index(i, LOSS)]);
  }

  get finished(): boolean {
    return this.#done >= this.#steps;
  }

  get progress(): number {
    return this.#done / this.#steps;
  }

  /** Takes all cells through a chunk of steps. */
  advance(): void {
    this.#run(Math.min(this.#chunk, this.#steps - this.#done));
  }

  cells(): LinearCell[] {
    const { state, alpha, inputs, scales } = this.#start;
    const curvature = lambda(state, inputs, alpha);
    const norm = niwNorm(state, inputs);
    const all = this.#numbers();
    return this.#points.map(({ sigma, learningRate }, i) => {
      const value = (place: number) => all[this.#index(i, place)];
      const numbers = {
        finite: value(MADE) === this.#steps,
        lossStart: this.#lossStart[i],
        lossMax: value(LOSS_MAX),
        lossEnd: value(LOSS),
        niwStart: Math.abs(alpha * state.v[1]),
        niwMax: alpha * value(V2_MAX),
        niwEnd: Math.abs(alpha * value(V2)),
      };
      const evidence = judge(numbers, {
        ...scales,
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
        niwEnd: Math.sqrt(value(G22)),
        effectiveNiwStart: alpha * state.v[1],
        effectiveNiwEnd: alpha * value(V2),
        steps: value(MADE),
      };
    });
  }

  get #fresh(): boolean {
    return this.#spec.experiment.noise[0].mode === "fresh";
  }

  #run(steps: number): void {
    if (this.#fresh) this.#writeMoments(this.#done, steps);
    const { linearSteps, linearSteps32 } = this.#kernels;
    const run = this.#Numbers === Float32Array ? linearSteps32 : linearSteps;
    run(this.#at.blocks, this.#blocks, this.#at.moments, steps);
    this.#done += steps;
  }

  /** Fixed noise gives every step the same moments: they are written once. */
  #writeMoments(first: number, count: number): void {
    const { distribution } = this.#spec.experiment.noise[0];
    const { x, y, xi, exact, moments } = this.#at;
    const { buffer } = this.#kernels.memory;
    const made = new Float64Array(buffer, exact, MOMENTS);
    const taken = new this.#Numbers(buffer, moments, MOMENTS * CHUNK);
    const rows = this.#start.y.length;
    for (let k = 0; k < count; k++) {
      if (this.#fresh || k === 0) {
        const epoch = this.#fresh ? first + k : 0;
        this.#floats(xi).set(this.#streams.draw("noise", 0, distribution, epoch, rows, 1));
      }
      this.#kernels.linearMoments(x, y, xi, rows, this.#start.slopes[0], exact);
      taken.set(made, MOMENTS * k);
    }
  }

  #arena() {
    const align = (bytes: number) => Math.ceil(bytes / 16) * 16;
    const floats = align(4 * this.#start.y.length);
    const x = align(this.#kernels.heapBase());
    const exact = x + 3 * floats;
    const moments = exact + 8 * MOMENTS;
    const blocks = moments + 8 * MOMENTS * CHUNK;
    const end = blocks + this.#blocks * BLOCK * VECTOR;
    const { memory } = this.#kernels;
    memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / PAGE)));
    return { x, y: x + floats, xi: x + 2 * floats, exact, moments, blocks };
  }

  #writeStates(): void {
    const { state, alpha, slopes } = this.#start;
    const [g11, g12, , g22] = state.G;
    const numbers = this.#numbers();
    // What is left of the last block are copies of the last cell.
    for (let i = 0; i < this.#blocks * this.#lanes; i++) {
      const { sigma, learningRate } = this.#points[Math.min(i, this.#points.length - 1)];
      const put = (place: number, value: number) => {
        numbers[this.#index(i, place)] = value;
      };
      put(ALPHA, alpha);
      put(SIGMA, sigma);
      put(STEP, learningRate * alpha);
      put(SLOPE, slopes[0]);
      put(G11, g11);
      put(G12, g12);
      put(G22, g22);
      put(V1, state.v[0]);
      put(V2, state.v[1]);
      put(S, state.s);
    }
  }

  get #blocks(): number {
    return Math.ceil(this.#points.length / this.#lanes);
  }

  /** Each number of a block's cells stands side by side. */
  #index(cell: number, place: number): number {
    const lane = cell % this.#lanes;
    return (cell - lane) * BLOCK + place * this.#lanes + lane;
  }

  #numbers(): Float64Array | Float32Array {
    const length = this.#blocks * BLOCK * this.#lanes;
    return new this.#Numbers(this.#kernels.memory.buffer, this.#at.blocks, length);
  }

  #floats(address: number): Float32Array {
    return new Float32Array(this.#kernels.memory.buffer, address, this.#start.y.length);
  }
}
