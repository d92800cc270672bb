/**
 * Words in the memory that threads share, at the offsets in 32-bit words from where they meet. The first four are those of
 * `assembly/threads.ts`.
 */
export const WORDS = {
  generation: 0,
  aborted: 48,
  /** Changes when there is something to run; negative: the thread ends. */
  command: 64,
  /** Then what to run: the first thread's list, its length, first step, count, trace, slots. */
  arguments: 80,
} as const;

/** What a thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly shared: number;
  readonly workspace: number;
  readonly thread: number;
  readonly threads: number;
  readonly recordBytes: number;
}

/**
 * The program of a thread. It is text, because a file would be lost by bundlers and would take longer to load. The first
 * thread tells when a run is done; all tell when they are ready.
 */
export const SOURCE = `"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { module: code, memory, shared, workspace, thread, threads, recordBytes } = workerData;
const { runPart } = new WebAssembly.Instance(code, { env: { memory } }).exports;
const words = new Int32Array(memory.buffer, shared, 128);
parentPort.postMessage("ready");
for (let last = 0; ; ) {
  Atomics.wait(words, ${WORDS.command}, last);
  const command = Atomics.load(words, ${WORDS.command});
  if (command < 0) break;
  if (command === last) continue;
  last = command;
  const [list, length, first, count, trace, slots] = words.subarray(${WORDS.arguments});
  const own = (list >>> 0) + thread * length * recordBytes;
  const done = runPart(own, length, first, count, trace, slots, workspace, shared, threads);
  if (done && thread === 0) parentPort.postMessage("done");
}
`;
