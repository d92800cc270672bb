import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ThreadLike } from "../handle.js";

/** The worker's file lies beside the bundle. */
const FILE = new URL("./ninscope-worker-node.js", import.meta.url);

/** A thread of Node's. */
export function spawnThread(): ThreadLike {
  return new Worker(FILE);
}

/** Threads worth starting: one a core; none where a bundler has lost the worker's file. */
export function threadsHere(): number {
  return existsSync(FILE) ? availableParallelism() : 0;
}
