import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { Dataset } from "../../data/dataset.js";
import type { FileSource } from "../../data/load.js";
import type { Kernels } from "../../kernels/kernels.js";

/** One comparison with the float64 reference, at its worst place. */
export interface VerifyCheck {
  readonly name: string;
  readonly backend: string;
  readonly error: number;
  readonly bound: number;
  readonly passed: boolean;
}

export interface VerifyResult {
  readonly backends: readonly { readonly name: string; readonly flavour: string }[];
  /** Why there is no `webgpu` among them, or what is to be known of it; null: nothing. */
  readonly note: string | null;
  readonly checks: readonly VerifyCheck[];
  readonly passed: boolean;
}

export interface VerifyOptions {
  readonly kernels?: Kernels;
  readonly gpu?: GpuOptions;
  readonly files?: FileSource;
  readonly dataset?: Dataset;
  readonly signal?: AbortSignal;
  /** Told of each check as it is done. */
  readonly onCheck?: (check: VerifyCheck) => void;
}
