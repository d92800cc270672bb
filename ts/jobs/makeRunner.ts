import { type Kernels, loadKernels } from "../kernels/kernels.js";
import type { HostOptions } from "../train/prepare.js";
import { LocalRunner } from "./localRunner.js";
import type { SpawnWorker } from "./pool/handle.js";
import type { Runner } from "./runner.js";

/** Where runs are made. */
export interface WorkerOptions {
  /** Number of workers; 0: the calling thread. Default: workers on a page, whose thread has frames to draw. */
  readonly workers?: number;
  /** Starts a worker; default: from the file that the package ships. */
  readonly spawn?: SpawnWorker;
}

export interface RunnerOptions
  extends WorkerOptions,
    Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels" | "files"> {}

/** @param wanted number of workers where the options do not say. */
export async function makeRunner(
  options: RunnerOptions,
  wanted: number,
  kernels?: Kernels,
): Promise<Runner> {
  const { fast, files, spawn, gpu } = options;
  const loaded = kernels ?? options.kernels ?? (await loadKernels({ fast }));
  const size = options.workers ?? (onPage() || spawn ? wanted : 0);
  if (options.backend === "webgpu") {
    const { EnsembleRunner } = await import("./ensembleRunner.js");
    return new EnsembleRunner(loaded, files, gpu);
  }
  if (size === 0) return new LocalRunner(loaded, files);
  // Loaded on demand: training on the calling thread does not need it.
  const { Pool } = await import("./pool/pool.js");
  const pool = new Pool({ size, spawn, kernels: loaded, files });
  if (spawn || (await pool.starts())) return pool;
  // The bundle of this page lacks the worker's file: train here, in pieces shorter than a frame.
  await pool.dispose();
  return new LocalRunner(loaded, files);
}

function onPage(): boolean {
  return typeof document !== "undefined" && typeof Worker !== "undefined";
}
