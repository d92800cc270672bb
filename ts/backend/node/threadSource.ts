import { WORDS } from "../threads/words.js";

/**
 * The program of a thread of Node (`threads/webThread.ts` is a page's). It is text, because a file would be lost by bundlers and
 * would take longer to load. The first thread tells when a run is done; all tell when they are ready.
 */
export const SOURCE = `"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { module: code, memory, shared, workspace, thread, recordBytes } = workerData;
const { runPart } = new WebAssembly.Instance(code, { env: { memory } }).exports;
const words = new Int32Array(memory.buffer, shared, ${WORDS.all});
const own = ${WORDS.commands} + thread;
parentPort.postMessage("ready");
for (let last = 0; ; ) {
  Atomics.wait(words, own, last);
  const command = Atomics.load(words, own);
  if (command < 0) break;
  if (command === last) continue;
  last = command;
  const [threads, list, length, first, count, trace, slots] = words.subarray(${WORDS.arguments});
  const part = (list >>> 0) + thread * length * recordBytes;
  const done = runPart(part, length, first, count, trace, slots, workspace, shared, threads);
  if (done && thread === 0) parentPort.postMessage("done");
}
`;
