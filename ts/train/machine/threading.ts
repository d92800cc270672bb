import type { Machine } from "../../backend/machine.js";
import type { ThreadControl } from "../../backend/threads/threadControl.js";
import { wasmMachine } from "../../backend/wasm.js";
import { RunError } from "../../errors/errors.js";
import type { Kernels } from "../../kernels/instance.js";
import { planOf } from "../plan.js";
import { scheduleOf } from "../schedule.js";
import { AdaptiveThreads, halves } from "./adaptiveThreads.js";
import { CPU_RATE, type CpuChoice, micro, operations, type Work } from "./chooseBackend.js";
import { secondsPerStep } from "./stepTiming.js";

/** Seconds of one thread's work from which on measuring more threads may pay. It takes some tenths of a second. */
const WORTHWHILE = 4;
/** Multiplications of a step below which threads wait for each other longer than they compute. */
const SMALL_STEP = 3e6;
/** Milliseconds for which each number of threads is measured: a compiler that optimises later has then done so. */
const MEASURED_MS = 150;
/** More threads are used if they are faster by this factor. */
const GAIN = 1.1;

/** One thread, and why. */
export function single(kernels: Kernels, why: string): CpuChoice {
  return { machine: wasmMachine(kernels), why: `on one thread: ${why}` };
}

/**
 * The number of threads that pays, by the rule of `auto`: a step is timed on one thread, on `cores`, and on half, a quarter,
 * and so on of them, unless the run is too short or too small. The run goes on measuring.
 * @param several the machine on a number of threads; by default on all of them in every call.
 */
export async function measured(
  work: Work,
  cores: number,
  several: (threads: number, control?: () => ThreadControl) => Promise<Machine>,
): Promise<CpuChoice> {
  const { experiment, kernels } = work;
  if (cores === 1) return single(kernels, "this host has one core");
  const all = operations(experiment);
  if (all / CPU_RATE < WORTHWHILE) return single(kernels, "the run is too short for more to pay");
  const plan = planOf(experiment, await work.data());
  if (all / scheduleOf(experiment, plan).steps < SMALL_STEP) {
    return single(kernels, "the network is too small for more to pay");
  }
  const one = wasmMachine(kernels);
  const onOne = await secondsPerStep(one, plan, MEASURED_MS);
  let best = { threads: 1, seconds: Number.POSITIVE_INFINITY };
  try {
    for (const threads of halves(cores).slice(0, -1)) {
      const seconds = await secondsPerStep(await several(threads), plan, MEASURED_MS);
      if (seconds < best.seconds) best = { threads, seconds };
    }
  } catch (error) {
    // A host that cannot start so many threads can make the run.
    if (error instanceof RunError) return single(kernels, error.message);
    throw error;
  }
  const { threads, seconds } = best;
  const times = `a step takes ${micro(onOne)} on one, ${micro(seconds)} on ${threads}`;
  const begin = seconds * GAIN < onOne ? threads : 1;
  const machine = await several(cores, () => new AdaptiveThreads(cores, begin));
  return { machine, why: `on ${begin > 1 ? `${begin} threads` : "one thread"}: ${times}` };
}
