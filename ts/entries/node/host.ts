import { dawn } from "../../backend/node/dawn.js";
import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { FileSource } from "../../data/load.js";
import { nodeFiles } from "../../data/node/files.js";

/** Options with this machine's GPU, unless they name another. */
export function withGpu<T extends { readonly gpu?: GpuOptions }>(options: T): T {
  return { ...options, gpu: { source: dawn, ...options.gpu } };
}

/** Options with this machine's files, unless they name others. */
export function withFiles<T extends { readonly files?: FileSource }>(options: T): T {
  return { files: nodeFiles(), ...options };
}

/** Both. */
export function withHost<T extends { readonly gpu?: GpuOptions; readonly files?: FileSource }>(
  options: T,
): T {
  return withFiles(withGpu(options));
}
