import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { RunError } from "../../../errors/errors.js";
import type { ThreadLike } from "../handle.js";

/**
 * The worker's file, which lies beside the bundle; null where a bundler has lost it. It is looked for only when a
 * worker is wanted, for CommonJS has no `import.meta.url`.
 */
function workerFile(): URL | null {
  try {
    const file = new URL("./ninscope-worker-node.mjs", import.meta.url);
    return existsSync(file) ? file : null;
  } catch {
    return null;
  }
}

/**
 * A thread of Node's.
 * @throws RunError if a bundler has lost the worker's file.
 */
export function spawnThread(): ThreadLike {
  const file = workerFile();
  if (file) return new Worker(file);
  throw new RunError(
    "ninscope-worker-node.mjs is not beside this bundle, and workers need it: pass `spawn`, or `workers: 0` to run on this thread",
  );
}

/** Threads worth starting: one a core; none where a bundler has lost the worker's file. */
export function threadsHere(): number {
  return workerFile() ? availableParallelism() : 0;
}
