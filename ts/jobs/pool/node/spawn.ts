import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { RunError } from "../../../errors/errors.js";
import type { ThreadLike } from "../handle.js";

/**
 * The worker's file next to the bundle; null if a bundler left it out. ninscope looks for it only when it needs a worker,
 * because CommonJS has no `import.meta.url`.
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
 * Starts a worker thread of Node.
 * @throws RunError if a bundler left out the worker's file.
 */
export function spawnThread(): ThreadLike {
  const file = workerFile();
  if (file) return new Worker(file);
  throw new RunError(
    "ninscope-worker-node.mjs is not next to this bundle, and workers need it: pass `spawn`, or `workers: 0` to run on this thread",
  );
}

/** The number of threads to start: one a core; none if a bundler left out the worker's file. */
export function threadsHere(): number {
  return workerFile() ? availableParallelism() : 0;
}
