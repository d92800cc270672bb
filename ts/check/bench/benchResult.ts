import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { Kernels } from "../../kernels/kernels.js";

/** One measured size: a network with three hidden layers of one width, 784 inputs and 10 classes. */
export interface BenchRow {
  /** `wasm` or `webgpu`. */
  readonly backend: string;
  /** Width of the three hidden layers. */
  readonly width: number;
  /** Samples per step. */
  readonly batch: number;
  /** Number of runs in the ensemble. */
  readonly replicas: number;
  /** Training steps per second. A step of an ensemble counts once for each replica. */
  readonly stepsPerSecond: number;
  /** Floating-point operations of the matrix products, per second. */
  readonly flops: number;
  /** `flops` as a fraction of the measured peak; null on the CPU, where no kernel measures the peak. */
  readonly shareOfPeak: number | null;
  /** Seconds per dispatch (GPU) or per operation (CPU). */
  readonly secondsPerDispatch: number;
}

/** A size that was not timed, and the reason. */
export interface BenchOmission {
  /** `wasm` or `webgpu`. */
  readonly backend: string;
  /** Width of the three hidden layers. */
  readonly width: number;
  /** Samples per step. */
  readonly batch: number;
  /** Number of runs in the ensemble. */
  readonly replicas: number;
  /** The reason. */
  readonly why: string;
}

/** What `bench` measured. */
export interface BenchResult {
  /** The GPU's name; null if there is no GPU, in which case `note` says why. */
  readonly adapter: string | null;
  /** Whether the adapter is a CPU that emulates a GPU. */
  readonly software: boolean;
  /** Why there is no GPU, or a remark about it; null if there is nothing to say. */
  readonly note: string | null;
  /** float32 operations per second of a kernel that only computes; null without a GPU. */
  readonly peak: number | null;
  /** What was timed. */
  readonly rows: readonly BenchRow[];
  /** What was not timed. */
  readonly omitted: readonly BenchOmission[];
  /**
   * For each batch and number of replicas, the smallest measured width at which the GPU is faster. `auto` would choose
   * by these numbers.
   */
  readonly crossovers: readonly {
    /** Samples per step. */
    readonly batch: number;
    /** Number of runs in the ensemble. */
    readonly replicas: number;
    /** Smallest width at which the GPU is faster; null if there is none. */
    readonly width: number | null;
  }[];
}

/** The sizes to time: every combination of these. */
export interface BenchSizes {
  /** Widths of the three hidden layers. */
  readonly widths: readonly number[];
  /** Samples per step. */
  readonly batches: readonly number[];
  /** Numbers of runs in the ensemble. */
  readonly replicas: readonly number[];
}

/** Options of `bench`. */
export interface BenchOptions {
  /** Sizes to time; default `BENCH_SIZES.usual`. */
  readonly sizes?: BenchSizes;
  /** Kernels that are already loaded (`loadKernels`). */
  readonly kernels?: Kernels;
  /** The GPU to time. */
  readonly gpu?: GpuOptions;
  /** Aborts the bench; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Receives each row when it is done, the number of rows done, and the number of all rows. */
  readonly onRow?: (row: BenchRow, done: number, all: number) => void;
}

/** Sizes that take seconds (`quick`), minutes (`usual`) and an hour (`full`). */
export const BENCH_SIZES: Readonly<Record<"quick" | "usual" | "full", BenchSizes>> = {
  quick: { widths: [16, 64], batches: [32], replicas: [1, 4] },
  usual: { widths: [64, 256, 1024], batches: [32, 128, 1024], replicas: [1, 16] },
  full: {
    widths: [64, 128, 256, 512, 1024, 2048, 4096],
    batches: [32, 128, 512, 2048, 8192],
    replicas: [1, 4, 16, 64, 256],
  },
};
