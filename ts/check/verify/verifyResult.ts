import type { BackendRecord } from "../../backend/machineFor.js";
import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { Dataset } from "../../data/dataset.js";
import type { FileSource } from "../../data/load.js";
import type { Kernels } from "../../kernels/kernels.js";

/** One comparison with the float64 reference, at the element with the worst error. */
export interface VerifyCheck {
  /** What was compared. */
  readonly name: string;
  /** The machine that was compared. */
  readonly backend: string;
  /** Largest error, in the unit of `bound`. */
  readonly error: number;
  /** Largest error that rounding explains. It is derived from the length of the sums. */
  readonly bound: number;
  /** Whether `error` is at most `bound`. */
  readonly passed: boolean;
}

/** What `verify` found. */
export interface VerifyResult {
  /** The machines that were compared with the reference. */
  readonly backends: readonly Pick<BackendRecord, "name" | "flavour">[];
  /** Why `webgpu` was not compared, or a remark about the GPU; null if there is nothing to say. */
  readonly note: string | null;
  /** Every comparison. */
  readonly checks: readonly VerifyCheck[];
  /** Whether all checks passed. */
  readonly passed: boolean;
}

/** Options of `verify`. */
export interface VerifyOptions {
  /** Kernels that are already loaded (`loadKernels`). */
  readonly kernels?: Kernels;
  /** The GPU to check. */
  readonly gpu?: GpuOptions;
  /** Reads the files that `experiment.data` names. */
  readonly files?: FileSource;
  /** Data that is already loaded; `experiment.data` then only names it. */
  readonly dataset?: Dataset;
  /** Aborts the checks; the function then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Receives each check when it is done. */
  readonly onCheck?: (check: VerifyCheck) => void;
}
