import { surelyNoGpu } from "../../backend/deviceFiles.js";
import { gpuMachine } from "../../backend/gpuMachine.js";
import type { Machine } from "../../backend/machine.js";
import { type BackendName, machineFor } from "../../backend/machineFor.js";
import type { GpuOptions } from "../../backend/webgpu/gpu.js";
import type { Dataset } from "../../data/dataset.js";
import { RunError } from "../../errors/errors.js";
import type { Experiment } from "../../experiment/schema.js";
import type { Kernels } from "../../kernels/instance.js";
import { lowerPlan } from "../../program/lowerPlan.js";
import { planOf } from "../plan.js";

export interface Choice {
  readonly machine: Machine;
  readonly name: Exclude<BackendName, "auto">;
  readonly why: string;
}

/** The CPU machine to compare with others, and why it has so many threads. */
export interface CpuChoice {
  readonly machine: Machine;
  readonly why: string;
}

/**
 * Chooses the number of threads that share the work of a run on the CPU.
 * @throws InputError if it is asked for more than this run can have.
 */
export type Threading = (work: Work) => Promise<CpuChoice>;

/** The work that a machine is chosen for. */
export interface Work {
  readonly experiment: Experiment;
  readonly kernels: Kernels;
  readonly gpu?: GpuOptions;
  /** Default: on one thread. */
  readonly cpu?: Threading;
  /** Loads the data; called only if the choice depends on the data's shape. */
  readonly data: () => Promise<Dataset>;
  /** How many runs like this one are to be made; a GPU trains `together` at once, a CPU one on each thread. Default: 1 each. */
  readonly runs?: { readonly all: number; readonly together: number; readonly threads: number };
}

/** Seconds of CPU work from which on a GPU may pay: starting one takes about a second. */
const WORTHWHILE = 2;
/** Approximate multiplications per second of one core. */
export const CPU_RATE = 1e10;
/** Inputs and samples to assume if the data spec does not say. */
const TYPICAL = { inputs: 784, train: 60_000 };

/**
 * Chooses the machine for an experiment, or for many similar ones. `auto` times a step on each machine of this host and
 * takes the faster one, but never a software GPU.
 * @throws InputError for an unknown backend; RunError if `webgpu` is asked for and missing.
 */
export async function chooseBackend(backend: BackendName, work: Work): Promise<Choice> {
  if (backend === "auto") return chosen(work);
  if (backend === "wasm" && work.cpu) {
    const { machine, why } = await work.cpu(work);
    return { machine, name: backend, why: `asked for; ${why}` };
  }
  const machine = await machineFor(backend, work.kernels, work.gpu);
  return { machine, name: backend, why: "asked for" };
}

async function chosen(work: Work): Promise<Choice> {
  const { experiment, kernels } = work;
  const { all, together, threads } = work.runs ?? { all: 1, together: 1, threads: 1 };
  const { machine: cpu, why: threadsWhy } = (await work.cpu?.(work)) ?? {
    machine: await machineFor("wasm", kernels),
  };
  const takeCpu = (why: string): Choice => ({
    machine: cpu,
    name: "wasm",
    why: threadsWhy ? `${why}; ${threadsWhy}` : why,
  });
  if ((operations(experiment) * all) / threads / CPU_RATE < WORTHWHILE) {
    return takeCpu(`the ${all > 1 ? "sweep" : "run"} is too short for a GPU to pay`);
  }
  if (!work.gpu?.device && surelyNoGpu()) return takeCpu("this host has no GPU");
  try {
    const gpu = await gpuMachine(work.gpu);
    if (gpu.software) return takeCpu(`the only GPU is software: ${gpu.flavour}`);
    const plan = planOf(experiment, await work.data());
    // The GPU refuses here what exceeds its limits, while there is still a choice.
    (await gpu.open((await lowerPlan(plan)).program)).dispose();
    // Loaded on demand: most pages never time their machines.
    const { secondsPerRunsStep, secondsPerStep } = await import("./stepTiming.js");
    const onCpu = (await secondsPerStep(cpu, plan)) / threads;
    const onGpu = await secondsPerRunsStep(gpu, plan, together);
    const cpus = threads > 1 ? `wasm (${threads} threads)` : "wasm";
    const gpus = together > 1 ? `${gpu.flavour} (${together} runs at once)` : gpu.flavour;
    const why = `a step takes ${micro(onCpu)} on ${cpus}, ${micro(onGpu)} on ${gpus}`;
    return onGpu < onCpu ? { machine: gpu, name: "webgpu", why } : takeCpu(why);
  } catch (error) {
    if (error instanceof RunError) return takeCpu(error.message);
    throw error;
  }
}

/** Approximate multiplications of all training steps: forward, and twice as many backward. */
export function operations({ network, data, optimizer, epochs, steps }: Experiment): number {
  const { inputs = TYPICAL.inputs, train = TYPICAL.train } = data as Partial<typeof TYPICAL>;
  const widths = [typeof inputs === "number" ? inputs : TYPICAL.inputs, ...network.layers];
  const weights = network.layers.reduce((sum, width, l) => sum + width * widths[l], 0);
  const batch = optimizer.batchSize === "full" ? train : optimizer.batchSize;
  const samples = steps === undefined ? (epochs ?? 0) * train : steps * batch;
  return 3 * samples * weights;
}

export function micro(seconds: number): string {
  return `${(seconds * 1e6).toPrecision(3)} µs`;
}
