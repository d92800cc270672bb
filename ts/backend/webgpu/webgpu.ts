import { RunError } from "../../errors/errors.js";
import type { Machine } from "../machine.js";
import type { Gpu, GpuOptions } from "./gpu.js";
import { GpuSession } from "./session.js";
import { sharedGpu } from "./shared.js";

export { linearCells } from "./linearCells.js";
export { measurePeak } from "./measurePeak.js";

export interface GpuMachine extends Machine {
  /** Whether a CPU only plays the GPU: its numbers are right, its times mean nothing. */
  readonly software: boolean;
  readonly gpu: Gpu;
}

/** The GPU machine: float32 in WGSL, whole epochs of dispatches made once, all replicas in each of them. */
export function webgpuMachine(gpu: Gpu): GpuMachine {
  return {
    name: "webgpu",
    flavour: gpu.name,
    software: gpu.software,
    gpu,
    open: (program) => GpuSession.open(gpu, program),
  };
}

/** @throws RunError that says why there is no GPU. */
export async function openGpuMachine(options: GpuOptions = {}): Promise<GpuMachine> {
  const found = await sharedGpu(options);
  if ("none" in found) throw new RunError(`no backend webgpu: ${found.none}`);
  return webgpuMachine(found);
}
