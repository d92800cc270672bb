import { availableParallelism } from "node:os";
import type { Machine } from "../../../backend/machine.js";
import { threadedMachine } from "../../../backend/node/threadedMachine.js";
import { wasmMachine } from "../../../backend/wasm.js";
import { InputError, RunError } from "../../../errors/errors.js";
import type { Kernels } from "../../../kernels/instance.js";
import { planOf } from "../../plan.js";
import { scheduleOf } from "../../schedule.js";
import {
  CPU_RATE,
  type CpuChoice,
  micro,
  operations,
  type Threading,
  type Work,
} from "../chooseBackend.js";
import { secondsPerStep } from "../stepTiming.js";
import { checkThreads, type Threads } from "../threads.js";

/** Seconds of one thread's work from which on measuring more threads may pay. It takes some tenths of a second. */
const WORTHWHILE = 4;
/** Multiplications of a step below which threads wait for each other longer than they compute. */
const SMALL_STEP = 3e6;
/** Milliseconds for which each number of threads is measured: a compiler that optimises later has then done so. */
const MEASURED_MS = 150;
/** More threads are used if they are faster by this factor. */
const GAIN = 1.1;

/** How Node chooses the number of threads, `most` at most, of each run of a sweep: by the rule of `auto`. */
export function sweepThreading(most: number): Threading {
  return threadingFor(0, "auto", Math.min(most, availableParallelism()));
}

/**
 * How Node chooses the number of threads of a run.
 * @param workers number of workers that runs are made in; 0: the calling thread.
 * @param asked the number that the caller asks for; default `auto`.
 * @param cores number of cores that the run may use.
 * @throws InputError if no run can have so many.
 */
export function threadingFor(
  workers: number,
  asked?: Threads,
  cores = availableParallelism(),
): Threading {
  const threads = checkThreads(asked);
  return async (work) => {
    const { kernels } = work;
    const single = (why: string): CpuChoice => ({
      machine: wasmMachine(kernels),
      why: `on one thread: ${why}`,
    });
    if (threads === 1) return single("asked for");
    const barred =
      workers > 0
        ? "a run in a worker has no more"
        : kernels.flavour === "own"
          ? "kernels of your own have no build for more"
          : null;
    if (threads !== "auto") {
      if (barred) {
        throw new InputError("threads", `threads is ${threads}: takes 1 or auto, as ${barred}`);
      }
      return { machine: await several(kernels, threads), why: `on ${threads} threads: asked for` };
    }
    if (barred) return single(barred);
    if (cores === 1) return single("this host has one core");
    return measured(work, cores, single);
  };
}

async function measured(
  work: Work,
  cores: number,
  single: (why: string) => CpuChoice,
): Promise<CpuChoice> {
  const { experiment, kernels } = work;
  const all = operations(experiment);
  if (all / CPU_RATE < WORTHWHILE) return single("the run is too short for more to pay");
  const plan = planOf(experiment, await work.data());
  if (all / scheduleOf(experiment, plan).steps < SMALL_STEP) {
    return single("the network is too small for more to pay");
  }
  const one = wasmMachine(kernels);
  const onOne = await secondsPerStep(one, plan, MEASURED_MS);
  let best: { readonly machine: Machine; readonly threads: number; readonly seconds: number } = {
    machine: one,
    threads: 1,
    seconds: Number.POSITIVE_INFINITY,
  };
  try {
    for (let threads = cores; threads > 1; threads = Math.floor(threads / 2)) {
      const machine = await several(kernels, threads);
      const seconds = await secondsPerStep(machine, plan, MEASURED_MS);
      if (seconds < best.seconds) best = { machine, threads, seconds };
    }
  } catch (error) {
    // A host that cannot start so many threads can make the run.
    if (error instanceof RunError) return single(error.message);
    throw error;
  }
  const { machine, threads, seconds } = best;
  const times = `a step takes ${micro(onOne)} on one, ${micro(seconds)} on ${threads}`;
  return seconds * GAIN < onOne
    ? { machine, why: `on ${threads} threads: ${times}` }
    : single(times);
}

async function several(kernels: Kernels, threads: number): Promise<Machine> {
  const machine = await threadedMachine(kernels, threads);
  if (!machine) throw new Error("these kernels have no build for threads");
  return machine;
}
