/** The public face in Node: all that browsers have, and files. */
import { dawn } from "./backend/node/dawn.js";
import {
  type GpuMeasurements,
  type GpuSizes,
  measureGpu as measured,
} from "./check/bench/measureGpu.js";
import { nodeFiles } from "./data/node/files.js";
import type { ExperimentInput } from "./experiment/schema.js";
import type { SweepInput } from "./experiment/sweep.js";
import * as portable from "./index.js";
import { spawnThread, threadsHere } from "./jobs/pool/node/spawn.js";
import type { Kernels } from "./kernels/kernels.js";

export { type FetchOptions, fetchSet } from "./data/node/download.js";
export { type NodeFilesOptions, nodeFiles } from "./data/node/files.js";
export { checkSet, type FileCheck, listSets, type SetStatus } from "./data/node/inventory.js";
export * from "./index.js";
export { spawnThread } from "./jobs/pool/node/spawn.js";
export { loadKernels } from "./kernels/node/load.js";
export { openStore } from "./store/node/openStore.js";
export { type DryRun, dryRun } from "./train/dryRun.js";

/** The GPU is this machine's own. */
function onOwnGpu<T extends { readonly gpu?: portable.GpuOptions }>(options: T): T {
  return { ...options, gpu: { source: dawn, ...options.gpu } };
}

/** Data files are read from this machine, and the GPU is its own. */
function here<T extends portable.TrainOptions | portable.SweepOptions | portable.VerifyOptions>(
  options: T,
): T {
  return { files: nodeFiles(), ...onOwnGpu(options) };
}

/** As `train` for browsers; data files are read from this machine. */
export function train(
  input: ExperimentInput,
  options: portable.TrainOptions = {},
): Promise<portable.RunResult> {
  return portable.train(input, { workers: 0, ...here(options) });
}

/**
 * As `sweep` for browsers; data files are read from this machine, and runs are made on as many threads as it has
 * cores.
 */
export function sweep(input: SweepInput, options: portable.SweepOptions = {}): portable.Sweep {
  const workers = threadsHere();
  return portable.sweep(input, { workers, spawn: spawnThread, ...here(options) });
}

/** As `verify` for browsers; data files are read from this machine, and the GPU is its own. */
export function verify(
  input?: ExperimentInput,
  options: portable.VerifyOptions = {},
): Promise<portable.VerifyResult> {
  return portable.verify(input, here(options));
}

/** As `bench` for browsers; the GPU is this machine's own. */
export function bench(options: portable.BenchOptions = {}): Promise<portable.BenchResult> {
  return portable.bench(onOwnGpu(options));
}

/** As `runLinearEnsemble` for browsers; the GPU is this machine's own. */
export function runLinearEnsemble(
  kernels: Kernels,
  spec: portable.EnsembleSpec,
  hooks: portable.EnsembleHooks = {},
): Promise<portable.LinearCell[]> {
  return portable.runLinearEnsemble(kernels, spec, onOwnGpu(hooks));
}

/** Measures this machine's GPU; see `bench/gpu.mjs`. */
export function measureGpu(
  gpu: portable.GpuOptions = {},
  sizes?: GpuSizes,
): Promise<GpuMeasurements> {
  return measured({ source: dawn, ...gpu }, sizes);
}
