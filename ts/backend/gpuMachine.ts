import type { Machine } from "./machine.js";
import type { GpuOptions } from "./webgpu/gpu.js";
import type { GpuMachine } from "./webgpu/webgpu.js";

/**
 * The GPU machine. Its code is loaded on demand, because most runs do not need it.
 * @throws RunError that says why there is no GPU.
 */
export async function gpuMachine(options?: GpuOptions): Promise<GpuMachine> {
  const { openGpuMachine } = await import("./webgpu/webgpu.js");
  return openGpuMachine(options);
}

/** Whether a machine is a GPU whose device was lost. */
export function isLost(machine: Machine): boolean {
  return "gpu" in machine && (machine as GpuMachine).gpu.lost;
}
