import { gpuMachine } from "../../backend/gpuMachine.js";
import type { Machine } from "../../backend/machine.js";
import { wasmMachine } from "../../backend/wasm.js";
import type { GpuMachine } from "../../backend/webgpu/webgpu.js";
import { RunError } from "../../errors/errors.js";
import { loadKernels } from "../../kernels/kernels.js";
import { lower } from "../../program/lower.js";
import { secondsPerStep } from "../../train/machine/stepTiming.js";
import { benchPlan, stepOperations } from "./benchPlan.js";
import {
  BENCH_SIZES,
  type BenchOmission,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
} from "./benchResult.js";

/** Largest number of operations per step that a software GPU is timed on; more would take minutes. */
const SOFTWARE_MOST = 4e9;

/** See `bench`. */
export async function benchHere(options: BenchOptions): Promise<BenchResult> {
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
