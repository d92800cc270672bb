import { RunError } from "../../errors/errors.js";
import type { Program } from "../../program/ops.js";
import type { Machine } from "../machine.js";
import { dispatchesOf } from "./dispatches.js";
import { SHADERS } from "./embeddedDigest.js";
import type { Gpu, GpuOptions } from "./gpu.js";
import { GpuSession } from "./session.js";
import { sharedGpu } from "./shared.js";

export { linearCells } from "./linearCells.js";
export { measurePeak } from "./measurePeak.js";

export interface GpuMachine extends Machine {
  /** Whether a CPU emulates the GPU: its results are right, but its times mean nothing. */
  readonly software: boolean;
  readonly gpu: Gpu;
  /** Number of dispatches of one pass over a list. */
  dispatches(program: Program, list: string): number;
}

/** The GPU machine: float32 in WGSL. A session prepares its dispatches once, and each of them computes all replicas. */
export function webgpuMachine(gpu: Gpu): GpuMachine {
  return {
    name: "webgpu",
    flavour: gpu.name,
    shaders: shadersOf(gpu),
    software: gpu.software,
    gpu,
    dispatches: (program, list) => dispatchesOf(program.lists[list], program, gpu.can).length,
    open: (program) => GpuSession.open(gpu, program),
  };
}

/** The digest of the shaders' sources, and what decides which of them run. */
function shadersOf({ can: { subgroups, workgroupBytes, software } }: Gpu): string {
  const parts = [SHADERS, subgroups ? "subgroups" : "plain", workgroupBytes];
  return [...parts, ...(software ? ["software"] : [])].join("/");
}

/** @throws RunError that says why there is no GPU. */
export async function openGpuMachine(options: GpuOptions = {}): Promise<GpuMachine> {
  const found = await sharedGpu(options);
  if ("none" in found) throw new RunError(`no backend webgpu: ${found.none}`);
  return webgpuMachine(found);
}
