import type { BackendName } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { FileSource } from "../data/load.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import { EnsembleRunner } from "./ensembleRunner.js";
import { LocalRunner } from "./localRunner.js";
import type { SpawnWorker } from "./pool/handle.js";
import type { Runner } from "./runner.js";

/** On what, and with what, runs are made. */
export interface RunnerOptions {
  /** Default `auto`. */
  readonly backend?: BackendName;
  /** The GPU to take, where one is taken; the runs are then made on the calling thread. */
  readonly gpu?: GpuOptions;
  /** Allows the relaxed-SIMD kernels where the host has them: faster, but other hosts may round otherwise. */
  readonly fast?: boolean;
  /** Kernels that are loaded already (`loadKernels`), or from elsewhere than the embedded bytes. */
  readonly kernels?: Kernels;
  /** Where files that `experiment.data` names are read from. */
  readonly files?: FileSource;
  /** Workers to run on; 0: this thread. Left out: workers on a page, whose thread has frames to draw. */
  readonly workers?: number;
  /** Makes a worker; left out: of the file that lies beside this one in the package. */
  readonly spawn?: SpawnWorker;
}

/** @param wanted workers, where the options leave that open. */
export async function makeRunner(
  options: RunnerOptions,
  wanted: number,
  kernels?: Kernels,
): Promise<Runner> {
  const { fast, files, spawn, gpu } = options;
  const loaded = kernels ?? options.kernels ?? (await loadKernels({ fast }));
  const size = options.workers ?? (onPage() || spawn ? wanted : 0);
  if (options.backend === "webgpu") return new EnsembleRunner(loaded, files, gpu);
  if (size === 0) return new LocalRunner(loaded, files);
  // Loaded when it is first needed: whoever trains on this thread need not have it.
  const { Pool } = await import("./pool/pool.js");
  const pool = new Pool({ size, spawn, kernels: loaded, files });
  if (spawn || (await pool.starts())) return pool;
  // Whoever bundled this page has lost the worker's file: runs are made here, in pieces shorter than a frame.
  await pool.dispose();
  return new LocalRunner(loaded, files);
}

function onPage(): boolean {
  return typeof document !== "undefined" && typeof Worker !== "undefined";
}
