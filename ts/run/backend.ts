import type { Machine } from "../backend/machine.js";
import { referenceMachine } from "../backend/reference.js";
import { wasmMachine } from "../backend/wasm.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import { requireGpu, sharedGpu } from "../backend/webgpu/shared.js";
import { webgpuMachine } from "../backend/webgpu/webgpu.js";
import { InputError, RunError, shown } from "../errors/errors.js";
import type { Kernels } from "../kernels/kernels.js";
import type { Plan } from "../program/workspace.js";
import { secondsPerStep } from "./calibrate.js";

export const BACKENDS = ["auto", "wasm", "webgpu", "reference"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What ran, and why that. */
export interface BackendRecord {
  readonly name: string;
  readonly flavour: string;
  readonly why: string;
}

export interface Choice {
  readonly machine: Machine;
  readonly why: string;
}

/** What a machine is to be chosen for. */
export interface Work {
  readonly plan: Plan;
  readonly steps: number;
}

/** A GPU is not looked for when the CPU takes less than so many seconds: to start it up takes about one. */
const WORTHWHILE = 2;
/** Nor is it timed on more work for a step than takes this long in one go on a CPU. */
const CPU_RATE = 2e9;

/**
 * The machine that a backend's name stands for. `auto` takes the one that the work takes less time on, timed on
 * this host, but never a GPU that is software only.
 * @throws InputError for a name that is not a backend's; RunError where `webgpu` is asked for and there is none.
 */
export async function chooseMachine(
  name: string,
  kernels: Kernels,
  gpu: GpuOptions = {},
  work?: Work,
): Promise<Choice> {
  switch (name) {
    case "wasm":
      return { machine: wasmMachine(kernels), why: "asked for" };
    case "reference":
      return { machine: referenceMachine(), why: "asked for" };
    case "webgpu": {
      const found = await requireGpu(gpu);
      const why = found.software
        ? "asked for; this adapter is software: its numbers are right, its times mean nothing"
        : "asked for";
      return { machine: webgpuMachine(found), why };
    }
    case "auto":
      return chosen(wasmMachine(kernels), gpu, work);
    default:
      throw new InputError(
        "backend",
        `backend is ${shown(name)}: takes one of ${BACKENDS.join(", ")}`,
      );
  }
}

async function chosen(cpu: Machine, options: GpuOptions, work?: Work): Promise<Choice> {
  if (!work) return { machine: cpu, why: "no work was named to choose by" };
  const { plan, steps } = work;
  const guess = (steps * operationsPerStep(plan)) / CPU_RATE;
  if (guess < WORTHWHILE) return { machine: cpu, why: "the run is too short for a GPU to pay" };
  const gpu = await sharedGpu(options);
  if ("none" in gpu) return { machine: cpu, why: `no GPU: ${gpu.none}` };
  if (gpu.software) return { machine: cpu, why: `the only GPU is software (${gpu.name})` };
  try {
    const rival = webgpuMachine(gpu);
    const onCpu = await secondsPerStep(cpu, plan);
    const onGpu = await secondsPerStep(rival, plan);
    const why = `a step takes ${micro(onCpu)} on wasm and ${micro(onGpu)} on the GPU`;
    return { machine: onGpu < onCpu ? rival : cpu, why };
  } catch (error) {
    if (error instanceof RunError) return { machine: cpu, why: error.message };
    throw error;
  }
}

/** Multiplications of the products of one training step: forward, and twice as many backward. */
export function operationsPerStep({ network, batch }: Plan): number {
  const { widths } = network;
  return widths.slice(1).reduce((sum, width, l) => sum + 3 * batch * width * widths[l], 0);
}

function micro(seconds: number): string {
  return `${(seconds * 1e6).toPrecision(3)} µs`;
}
