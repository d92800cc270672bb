import type { Kernels } from "../../kernels/instance.js";
import { threadKernels } from "../../kernels/threadKernels.js";
import type { Machine } from "../machine.js";
import type { ThreadControl } from "../threads/threadControl.js";
import * as portable from "../threads/threadedMachine.js";
import type { ThreadData } from "../threads/words.js";
import { nodeThread, type StartThread, startThread } from "./nodeThread.js";

/**
 * The CPU machine on several threads of this process.
 * @returns null for kernels that have no build for threads.
 */
export async function threadedMachine(
  kernels: Kernels,
  threads: number,
  start: StartThread = startThread,
  control?: () => ThreadControl,
): Promise<Machine | null> {
  const build = await threadKernels(kernels);
  if (!build) return null;
  const started = (data: ThreadData) => nodeThread(start(data));
  return portable.threadedMachine(build, kernels.flavour, threads, started, control);
}
