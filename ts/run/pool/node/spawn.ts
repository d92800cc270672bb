import { Worker } from "node:worker_threads";

/** A thread of Node's; its file lies beside the bundle. */
export function spawnThread(): Worker {
  return new Worker(new URL("./ninscope-worker-node.js", import.meta.url));
}
