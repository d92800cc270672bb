import { surelyNoGpu } from "../backend/deviceFiles.js";
import { gpuMachine } from "../backend/gpuMachine.js";
import type { Machine } from "../backend/machine.js";
import { type BackendName, machineFor } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import type { Dataset } from "../data/dataset.js";
import { RunError } from "../errors/errors.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/instance.js";
import { lower } from "../program/lower.js";
import { planOf } from "./plan.js";
import { secondsPerRunsStep, secondsPerStep } from "./stepTiming.js";

export interface Choice {
  readonly machine: Machine;
  readonly name: Exclude<BackendName, "auto">;
  readonly why: string;
}

/** The work that a machine is chosen for. */
export interface Work {
  readonly experiment: Experiment;
  readonly kernels: Kernels;
  readonly gpu?: GpuOptions;
  /** Loads the data; it is asked only where the choice depends on the data's shape. */
  readonly data: () => Promise<Dataset>;
  /** How many runs like this one are to be made; a GPU trains `together` at once, a CPU one on each thread. Default: 1 each. */
  readonly runs?: { readonly all: number; readonly together: number; readonly threads: number };
}

/** A GPU is not looked for when a CPU needs no more than so many seconds: to start it up takes about one. */
const WORTHWHILE = 2;
/** Multiplications that one core makes in a second, about. */
const CPU_RATE = 1e10;
/** Inputs and samples of data that do not say. */
const TYPICAL = { inputs: 784, train: 60_000 };

/**
 * The machine for an experiment, or for many that are alike. `auto` takes the one on which a run's step takes less time,
 * timed on this host, but never a GPU that is software.
 * @throws InputError for a name that is not a backend's; RunError where `webgpu` is asked for and not to be had.
 */
export async function chooseBackend(backend: BackendName, work: Work): Promise<Choice> {
  if (backend === "auto") return chosen(work);
  const machine = await machineFor(backend, work.kernels, work.gpu);
  return { machine, name: backend, why: "asked for" };
}

async function chosen(work: Work): Promise<Choice> {
  const { experiment, kernels } = work;
  const { all, together, threads } = work.runs ?? { all: 1, together: 1, threads: 1 };
  const cpu = await machineFor("wasm", kernels);
  const takeCpu = (why: string): Choice => ({ machine: cpu, name: "wasm", why });
  if ((operations(experiment) * all) / threads / CPU_RATE < WORTHWHILE) {
    return takeCpu(`the ${all > 1 ? "sweep" : "run"} is too short for a GPU to pay`);
  }
  if (!work.gpu?.device && surelyNoGpu()) return takeCpu("this host has no GPU");
  try {
    const gpu = await gpuMachine(work.gpu);
    if (gpu.software) return takeCpu(`the only GPU is software: ${gpu.flavour}`);
    const plan = planOf(experiment, await work.data());
    // What exceeds its limits it refuses here, where there is still a choice.
    (await gpu.open(lower(plan).program)).dispose();
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

/** Multiplications of all training steps, about: forward, and twice as many backward. */
function operations({ network, data, optimizer, epochs, steps }: Experiment): number {
  const { inputs = TYPICAL.inputs, train = TYPICAL.train } = data as Partial<typeof TYPICAL>;
  const widths = [typeof inputs === "number" ? inputs : TYPICAL.inputs, ...network.layers];
  const weights = network.layers.reduce((sum, width, l) => sum + width * widths[l], 0);
  const batch = optimizer.batchSize === "full" ? train : optimizer.batchSize;
  const samples = steps === undefined ? (epochs ?? 0) * train : steps * batch;
  return 3 * samples * weights;
}

function micro(seconds: number): string {
  return `${(seconds * 1e6).toPrecision(3)} µs`;
}
