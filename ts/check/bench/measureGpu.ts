import { gpuMachine } from "../../backend/gpuMachine.js";
import type { Machine } from "../../backend/machine.js";
import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import { RunError } from "../../errors/errors.js";
import { loadKernels } from "../../kernels/kernels.js";
import { CELL_NUMBERS, MOMENTS } from "../../linear/linearCells.js";
import { lower } from "../../program/lower.js";
import type { Region } from "../../program/ops.js";
import { Streams } from "../../random/streams.js";
import { secondsPerStep } from "../../train/machine/stepTiming.js";
import { benchPlan, stepOperations } from "./benchPlan.js";

/** Result of `measureGpu`. */
export interface GpuMeasurements {
  /** The adapter's name. */
  readonly adapter: string;
  /** Whether the adapter is a CPU that emulates a GPU. */
  readonly software: boolean;
  /** float32 operations per second of a kernel that only computes. */
  readonly peak: number;
  /** A product of two square matrices. */
  readonly product: {
    /** Rows and columns. */
    readonly n: number;
    /** Seconds per product. */
    readonly seconds: number;
    /** Floating-point operations per second, divided by `peak`. */
    readonly shareOfPeak: number;
  };
  /** A training step of one run. */
  readonly step: {
    /** Seconds per step. */
    readonly seconds: number;
    /** Kernel launches per step. */
    readonly dispatches: number;
    /** Floating-point operations of the products per second, divided by `peak`. */
    readonly shareOfPeak: number;
  };
  /** A training step of an ensemble. */
  readonly ensemble: {
    /** Number of runs in the ensemble. */
    readonly replicas: number;
    /** Seconds per step of all replicas. */
    readonly seconds: number;
    /** Steps per second counted over all runs, divided by those of a single run alone. */
    readonly throughput: number;
    /** Floating-point operations of the products per second, divided by `peak`. */
    readonly shareOfPeak: number;
  };
  /** A grid of the linear model. */
  readonly linear: {
    /** Number of runs in the grid. */
    readonly cells: number;
    /** Steps of each run. */
    readonly steps: number;
    /** Seconds for the whole grid. */
    readonly seconds: number;
  };
}

/** The sizes that `measureGpu` measures. */
export interface GpuSizes {
  /** Rows and columns of the square matrices. */
  readonly product: number;
  /** Input, hidden and output widths of the network. */
  readonly widths: readonly number[];
  /** Samples per step. */
  readonly batch: number;
  /** Number of runs in the ensemble. */
  readonly replicas: number;
  /** Rows of the linear model's square grid of cells. */
  readonly grid: number;
  /** Steps of the linear model. */
  readonly steps: number;
  /**
   * Seconds for which each product and each step is repeated at least; the fastest time counts. An idle GPU may need
   * seconds of work until it runs at its full clock.
   */
  readonly seconds: number;
}

/** Sizes for a data-centre GPU. */
export const GPU_SIZES: GpuSizes = {
  product: 4096,
  widths: [784, 512, 512, 512, 10],
  batch: 128,
  replicas: 64,
  grid: 1024,
  steps: 1000,
  seconds: 3,
};

/**
 * Measures a GPU: its peak, a square product, a training step of a single run and of an ensemble, and a grid of the
 * linear model.
 * @param given sizes to measure; default: `GPU_SIZES`, which a software GPU is refused.
 * @throws RunError that says why there is no GPU.
 */
export async function measureGpu(gpu?: GpuOptions, given?: GpuSizes): Promise<GpuMeasurements> {
  const machine = await gpuMachine(gpu);
  if (machine.software && !given) {
    throw new RunError(
      `the only GPU is a software one (${machine.flavour}), which would take hours`,
    );
  }
  const sizes = given ?? GPU_SIZES;
  const { measurePeak, linearCells } = await import("../../backend/webgpu/webgpu.js");
  const streams = new Streams(await loadKernels(), 0);
  const peak = await measurePeak(machine.gpu);
  const { product: n, widths, batch, replicas, grid, steps, seconds } = sizes;
  const productSeconds = await timedProduct(machine, streams, n, seconds);
  const alone = benchPlan(widths, batch);
  const together = benchPlan(widths, batch, replicas);
  const aloneSeconds = await secondsPerStep(machine, alone, 1000 * seconds);
  const togetherSeconds = await secondsPerStep(machine, together, 1000 * seconds);
  const cells = linearGrid(grid);
  const moments = new Float32Array(MOMENTS * steps);
  const xi = streams.draw("noise", 0, "normal", 0, steps, 2);
  // Like the moments of about 200 samples: close to 1 and 0, with the scatter of so few.
  for (let t = 0; t < steps; t++) {
    moments.set([1, 0.07 * xi[2 * t], 1 + 0.1 * xi[2 * t + 1], 0, 0, 0], MOMENTS * t);
  }
  await linearCells(machine.gpu, cells, moments.slice(0, MOMENTS));
  const start = performance.now();
  await linearCells(machine.gpu, cells, moments);
  const linearSeconds = (performance.now() - start) / 1000;
  return {
    adapter: machine.flavour,
    software: machine.software,
    peak,
    product: {
      n,
      seconds: productSeconds,
      shareOfPeak: (2 * n ** 3) / productSeconds / peak,
    },
    step: {
      seconds: aloneSeconds,
      dispatches: machine.dispatches(lower(alone).program, "step"),
      shareOfPeak: stepOperations(alone) / aloneSeconds / peak,
    },
    ensemble: {
      replicas,
      seconds: togetherSeconds,
      throughput: (replicas * aloneSeconds) / togetherSeconds,
      shareOfPeak: stepOperations(together) / togetherSeconds / peak,
    },
    linear: { cells: grid * grid, steps, seconds: linearSeconds },
  };
}

async function timedProduct(
  machine: Machine,
  streams: Streams,
  n: number,
  seconds: number,
): Promise<number> {
  const square = (buffer: string): Region => ({ buffer, offset: 0, rows: n, cols: n, stride: n });
  const [a, b, c] = ["a", "b", "c"].map(square);
  const spec = { type: "float", length: n * n } as const;
  const sides = { transposeA: false, transposeB: false };
  const session = await machine.open({
    buffers: { a: spec, b: spec, c: spec },
    fills: [],
    lists: { list: { ops: [{ op: "product", a, b, c, ...sides, alpha: 1, beta: 0 }], slots: 0 } },
  });
  try {
    // A GPU multiplies equal numbers faster.
    for (const [i, name] of ["a", "b"].entries()) {
      session.write(name, streams.draw("noise", i, "normal", 0, n, n));
    }
    await session.run("list", 0, 4);
    let best = Number.POSITIVE_INFINITY;
    const begin = performance.now();
    for (let repeat = 0; repeat < 5 || performance.now() - begin < 1000 * seconds; repeat++) {
      const start = performance.now();
      await session.run("list", 0, 8);
      best = Math.min(best, (performance.now() - start) / 8000);
    }
    return best;
  } finally {
    session.dispose();
  }
}

/** A grid of cells over `sigma` and the learning rate, from the linear model's usual start. */
function linearGrid(n: number): Float32Array<ArrayBuffer> {
  const cells = new Float32Array(CELL_NUMBERS.length * n * n);
  const alpha = 0.1;
  for (let i = 0; i < n * n; i++) {
    const sigma = 10 ** (-2 + (3 * (i % n)) / n);
    const eta = 10 ** (-3 + (2 * Math.floor(i / n)) / n);
    [alpha, sigma, eta * alpha, 1, 100, 0, 100, 5, 5, 100].forEach((value, row) => {
      cells[row * n * n + i] = value;
    });
  }
  return cells;
}
