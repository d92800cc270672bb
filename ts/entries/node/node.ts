/**
 * ninscope in Node: the same names as in browsers, and files, the GPU and stores of this machine.
 * @module ninscope (Node)
 */
import {
  type GpuMeasurements,
  type GpuSizes,
  measureGpu as measured,
} from "../../check/bench/measureGpu.js";
import type { ExperimentInput } from "../../experiment/schema.js";
import type { SweepInput } from "../../experiment/sweep.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import { type DryRun, type DryRunOptions, dryRun as planned } from "../../train/dryRun.js";
import { sweepThreading, threadingFor } from "../../train/machine/node/threading.js";
import * as portable from "../browser.js";
import { withFiles, withGpu, withHost } from "./host.js";

export type { GpuMeasurements, GpuSizes } from "../../check/bench/measureGpu.js";
export { type FetchOptions, fetchSet } from "../../data/node/download.js";
export { type NodeFilesOptions, nodeFiles } from "../../data/node/files.js";
export { checkSet, type FileCheck, listSets, type SetStatus } from "../../data/node/inventory.js";
export { spawnThread } from "../../jobs/pool/node/spawn.js";
export { loadKernels } from "../../kernels/node/load.js";
export type { Claim as FolderClaim } from "../../store/node/openFolder.js";
export { openStore } from "../../store/node/openStore.js";
export type { DryRun, DryRunOptions } from "../../train/dryRun.js";
export * from "../browser.js";

/**
 * As in browsers, on the calling thread unless `workers` says otherwise, and on `threads` besides it where they pay; it reads
 * files of this machine.
 */
export async function train(
  input: ExperimentInput,
  options: portable.TrainOptions = {},
): Promise<portable.RunResult> {
  const spawning = options.workers ? { spawn: spawnThread } : { workers: 0 };
  const threading = threadingFor(options.workers ?? 0, options.threads);
  return portable.train(input, withHost({ threading, ...spawning, ...options }));
}

/**
 * As in browsers, on as many threads as this machine has cores; it reads files of this machine. With fewer runs than threads,
 * each run has several where they pay, as `threads: "auto"` of `train` would find; refinement keeps one thread a run.
 */
export function sweep(input: SweepInput, options: portable.SweepOptions = {}): portable.Sweep {
  const here = { workers: threadsHere(), spawn: spawnThread, threading: sweepThreading };
  return portable.sweep(input, withHost({ ...here, ...options }));
}

/** As in browsers; it reads files of this machine. */
export function loadDataset(
  spec: Parameters<typeof portable.loadDataset>[0],
  options: portable.LoadOptions = {},
): Promise<portable.Dataset> {
  return portable.loadDataset(spec, withFiles(options));
}

/** As in browsers; it reads files of this machine. */
export function verify(
  input?: ExperimentInput,
  options: portable.VerifyOptions = {},
): Promise<portable.VerifyResult> {
  return portable.verify(input, withHost(options));
}

/** As in browsers, on this machine's GPU. */
export function bench(options: portable.BenchOptions = {}): Promise<portable.BenchResult> {
  return portable.bench(withGpu(options));
}

/** As in browsers; `webgpu` is this machine's GPU. */
export function replay(
  given: portable.Replay,
  options: portable.ReplayOptions = {},
): Promise<portable.ReplayRun> {
  return portable.replay(given, withGpu(options));
}

/** As in browsers; `webgpu` is this machine's GPU. */
export function runLinearEnsemble(
  spec: portable.EnsembleSpec,
  options: portable.EnsembleOptions = {},
): Promise<portable.LinearCell[]> {
  return portable.runLinearEnsemble(spec, withGpu(options));
}

/**
 * Says how much work and memory a run takes on the CPU, without training; it reads files of this machine.
 * @throws InputError as `train`.
 */
export function dryRun(input: ExperimentInput, options: DryRunOptions = {}): Promise<DryRun> {
  return planned(input, withFiles(options));
}

/** Measures this machine's GPU: its peak, a product, a step, an ensemble and the linear model, in seconds. */
export function measureGpu(
  options: portable.GpuOptions = {},
  sizes?: GpuSizes,
): Promise<GpuMeasurements> {
  return measured(withGpu({ gpu: options }).gpu, sizes);
}
