import { availableParallelism } from "node:os";
import type { Machine } from "../../../backend/machine.js";
import { threadedMachine } from "../../../backend/node/threadedMachine.js";
import type { ThreadControl } from "../../../backend/threads/threadControl.js";
import { InputError } from "../../../errors/errors.js";
import type { Kernels } from "../../../kernels/instance.js";
import type { Threading } from "../chooseBackend.js";
import { measured, single } from "../threading.js";
import { checkThreads, type Threads } from "../threads.js";

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
    if (threads === 1) return single(kernels, "asked for");
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
    if (barred) return single(kernels, barred);
    return measured(work, cores, (...asked) => several(kernels, ...asked));
  };
}

async function several(
  kernels: Kernels,
  threads: number,
  control?: () => ThreadControl,
): Promise<Machine> {
  const machine = await threadedMachine(kernels, threads, undefined, control);
  if (!machine) throw new Error("these kernels have no build for threads");
  return machine;
}
