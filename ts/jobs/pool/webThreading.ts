import type { Machine } from "../../backend/machine.js";
import type { ThreadControl } from "../../backend/threads/threadControl.js";
import { threadedMachine } from "../../backend/threads/threadedMachine.js";
import { startWebThread } from "../../backend/threads/webThread.js";
import { RunError } from "../../errors/errors.js";
import { threadKernelsFrom } from "../../kernels/threadInstance.js";
import type { Program } from "../../program/ops.js";
import type { CpuChoice, Work } from "../../train/machine/chooseBackend.js";
import { measured, single } from "../../train/machine/threading.js";
import type { ThreadsOrder } from "../pageThreads.js";

/** A program that does nothing, to see whether threads start. */
const NOTHING: Program = { buffers: {}, fills: [], lists: {} };

/**
 * Chooses the number of threads of a run in a page's worker. A worker that cannot start others, for the site's policy or its
 * headers, makes the run on one.
 */
export async function webThreading(
  { threads, module }: ThreadsOrder,
  work: Work,
): Promise<CpuChoice> {
  const build = threadKernelsFrom(module);
  const several = async (count: number, control?: () => ThreadControl): Promise<Machine> =>
    threadedMachine(build, work.kernels.flavour, count, startWebThread, control);
  if (threads === "auto") return measured(work, navigator.hardwareConcurrency ?? 1, several);
  try {
    const machine = await several(threads);
    (await machine.open(NOTHING)).dispose();
    return { machine, why: `on ${threads} threads: asked for` };
  } catch (error) {
    if (error instanceof RunError) return single(work.kernels, error.message);
    throw error;
  }
}
