import { gpuMachine } from "../../backend/gpuMachine.js";
import type { Machine } from "../../backend/machine.js";
import { wasmMachine } from "../../backend/wasm.js";
import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { GpuMachine } from "../../backend/webgpu/webgpu.js";
import { RunError } from "../../errors/errors.js";
import { type Kernels, loadKernels } from "../../kernels/kernels.js";
import { lower } from "../../program/lower.js";
import { secondsPerStep } from "../../train/stepTiming.js";
import { benchPlan, stepOperations } from "./benchPlan.js";

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

/** Largest number of operations per step that a software GPU is timed on; more would take minutes. */
const SOFTWARE_MOST = 4e9;

/**
 * Times training steps on the CPU and on the GPU. The CPU is timed on a single replica, because it runs replicas one
 * after another (or side by side on workers). Sizes that do not fit into a machine's memory are left out, and so are
 * those that would take a software GPU minutes.
 */
export async function bench(options: BenchOptions = {}): Promise<BenchResult> {
  const { sizes = BENCH_SIZES.usual, signal, onRow } = options;
  const cpu = wasmMachine(options.kernels ?? (await loadKernels()));
  const found = await gpuMachine(options.gpu).catch((error: unknown) => {
    if (error instanceof RunError) return error.message;
    throw error;
  });
  const gpu = typeof found === "string" ? null : found;
  const peak = gpu && (await peakOf(gpu));
  const rows: BenchRow[] = [];
  const omitted: BenchOmission[] = [];
  const points = sizes.widths.flatMap((width) =>
    sizes.batches.flatMap((batch) =>
      sizes.replicas.map((replicas) => ({ width, batch, replicas })),
    ),
  );
  for (const [done, point] of points.entries()) {
    for (const machine of gpu ? [cpu, gpu] : [cpu]) {
      signal?.throwIfAborted();
      const row = await rowOf(machine, point, machine === cpu ? null : peak);
      if ("why" in row) omitted.push(row);
      else {
        rows.push(row);
        onRow?.(row, done, points.length);
      }
    }
  }
  const crossovers = sizes.batches.flatMap((batch) =>
    sizes.replicas.map((replicas) => ({
      batch,
      replicas,
      width: crossover(rows, batch, replicas),
    })),
  );
  return {
    adapter: gpu?.flavour ?? null,
    software: gpu?.software ?? false,
    note: typeof found === "string" ? found : null,
    peak,
    rows,
    omitted,
    crossovers,
  };
}

async function peakOf({ gpu }: GpuMachine): Promise<number> {
  const { measurePeak } = await import("../../backend/webgpu/webgpu.js");
  return measurePeak(gpu);
}

async function rowOf(
  machine: Machine | GpuMachine,
  point: Pick<BenchRow, "width" | "batch" | "replicas">,
  peak: number | null,
): Promise<BenchRow | BenchOmission> {
  const { width, batch } = point;
  const replicas = "gpu" in machine ? point.replicas : 1;
  const plan = benchPlan([784, width, width, width, 10], batch, replicas);
  const where = { backend: machine.name, ...point };
  const operations = stepOperations(plan);
  if ("gpu" in machine && machine.software && operations > SOFTWARE_MOST) {
    return { ...where, why: "a software GPU would take too long" };
  }
  try {
    const seconds = await secondsPerStep(machine, plan);
    const flops = operations / seconds;
    const { program } = lower(plan);
    const dispatches =
      "gpu" in machine ? machine.dispatches(program, "step") : program.lists.step.ops.length;
    return {
      ...where,
      stepsPerSecond: replicas / seconds,
      flops,
      shareOfPeak: peak && flops / peak,
      secondsPerDispatch: seconds / dispatches,
    };
  } catch (error) {
    if (error instanceof RunError) return { ...where, why: error.message };
    throw error;
  }
}

function crossover(rows: readonly BenchRow[], batch: number, replicas: number): number | null {
  const here = rows.filter((row) => row.batch === batch && row.replicas === replicas);
  const rate = (backend: string, width: number) =>
    here.find((row) => row.backend === backend && row.width === width)?.stepsPerSecond ?? 0;
  const widths = [...new Set(here.map(({ width }) => width))].sort((a, b) => a - b);
  return widths.find((width) => rate("webgpu", width) > rate("wasm", width)) ?? null;
}
