import type { Machine } from "./machine.js";
import type { GpuOptions } from "./webgpu/gpu.js";
import type { GpuMachine } from "./webgpu/webgpu.js";

/**
 * The GPU machine, whose code is loaded when it is first asked for: most runs do without.
 * @throws RunError that says why there is none.
 */
export async function gpuMachine(options?: GpuOptions): Promise<GpuMachine> {
  const { openGpuMachine } = await import("./webgpu/webgpu.js");
  return openGpuMachine(options);
}

/** Whether a machine is a GPU that is gone. */
export function isLost(machine: Machine): boolean {
  return "gpu" in machine && (machine as GpuMachine).gpu.lost;
}
