import type { Machine } from "../machine.js";
import type { Gpu } from "./gpu.js";
import { GpuSession } from "./session.js";

/** The GPU machine: float32 in WGSL, whole epochs of dispatches made once, all replicas in each of them. */
export function webgpuMachine(gpu: Gpu): Machine {
  return {
    name: "webgpu",
    flavour: gpu.name,
    open: (program) => GpuSession.open(gpu, program),
  };
}
