import type { Kernels } from "../kernels/instance.js";
import { threadKernels } from "../kernels/threadKernels.js";
import type { Threads } from "../train/machine/threads.js";

/** What a page's worker needs to make a run on several threads. */
export interface ThreadsOrder {
  /** The number that the caller asks for. */
  readonly threads: Threads;
  /** The build for threads. */
  readonly module: WebAssembly.Module;
}

/** Threads of a run outside Node. */
export interface PageThreads {
  /** What to send to the worker; null: the run has one thread. */
  readonly order: ThreadsOrder | null;
  /** Why the run has one thread, unless the worker has a reason of its own. */
  readonly why: string;
}

/**
 * Whether a run that is not made by Node's entry can have several threads: on a page that is cross-origin isolated, whose
 * worker starts them.
 */
export async function pageThreads(kernels: Kernels, threads: Threads): Promise<PageThreads> {
  const single = (why: string) => ({ order: null, why: `on one thread: ${why}` });
  if (threads === 1) return single("asked for");
  if (!globalThis.crossOriginIsolated) {
    const missing =
      "only Node, and a page that is cross-origin isolated, have threads within a run";
    return single(missing);
  }
  const build = await threadKernels(kernels);
  if (!build) return single("kernels of your own have no build for more");
  return {
    order: { threads, module: build.module },
    why: "on one thread: the run is not in a worker of ninscope's",
  };
}
