import type { Kernels } from "../../kernels/instance.js";
import { threadKernels } from "../../kernels/threadKernels.js";
import type { Machine } from "../machine.js";
import * as portable from "../threads/threadedMachine.js";
import { nodeThread, type StartThread, startThread } from "./nodeThread.js";

/**
 * The CPU machine on several threads of this process.
 * @returns null for kernels that have no build for threads.
 */
export async function threadedMachine(
  kernels: Kernels,
  threads: number,
  start: StartThread = startThread,
): Promise<Machine | null> {
  const build = await threadKernels(kernels);
  if (!build) return null;
  return portable.threadedMachine(build, kernels.flavour, threads, (data) =>
    nodeThread(start(data)),
  );
}
