import { hashRuns, loadKernels, train } from "../../ts/entries/browser.js";
import { threadKernels } from "../../ts/kernels/threadKernels.js";
import { threadingFor } from "../../ts/train/machine/node/threading.js";
import { FAST, RUNS } from "./runs.js";

/** What `fast` makes of the golden runs and a wider one on some numbers of threads, in Node. */
export interface ThreadedFast {
  /** Vectors that products use on one thread, and the columns of a tile of the build for threads. */
  readonly vectorBits: number;
  readonly tileCols: number | undefined;
  /** SHA-256 of all runs, for each number of threads. */
  readonly hashes: readonly string[];
}

/** @param counts numbers of threads; undefined: the machine without threads. */
export async function threadedFast(counts = [undefined, 1, 2, 3, 4]): Promise<ThreadedFast> {
  const kernels = await loadKernels({ fast: true });
  const build = await threadKernels(kernels);
  const hashes = [];
  for (const threads of counts) {
    const runs = [];
    for (const experiment of [...Object.values(RUNS), FAST]) {
      const threading = threads && threadingFor(0, threads);
      runs.push(
        await train(experiment, { kernels, backend: "wasm", ...(threading && { threading }) }),
      );
    }
    hashes.push(await hashRuns(runs));
  }
  return { vectorBits: kernels.vectorBits, tileCols: build?.instantiate().tileCols(), hashes };
}
