/** A browser's worker; its file lies beside the bundle, where bundlers that know this pattern find it. */
export function spawnWebWorker(): Worker {
  return new Worker(new URL("./ninscope-worker.js", import.meta.url), { type: "module" });
}
