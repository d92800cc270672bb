import type { ThreadExports } from "../../kernels/threadInstance.js";
import type { HostThread } from "./threadTeam.js";
import { type ThreadData, type ThreadMessage, WORDS } from "./words.js";

/** The name of workers that are a run's threads. */
const NAME = "ninscope-thread";

/**
 * Starts a thread in a page's worker. It runs the worker's own file: no other file has to be found, and no policy for workers
 * allows the one without the other.
 */
export function startWebThread(data: ThreadData): HostThread {
  const worker = new Worker(globalThis.location.href, { type: "module", name: NAME });
  worker.postMessage(data);
  return {
    listen: (heard, ended) => {
      worker.onmessage = ({ data: message }) => heard(message);
      worker.onerror = (event) => {
        event.preventDefault();
        ended(event.message ?? "its script could not be loaded");
      };
    },
    hold: () => {},
    left: async () => worker.terminate(),
  };
}

/** Whether this worker is to be a thread. */
export function isWebThread(): boolean {
  return (globalThis as { name?: string }).name === NAME;
}

/** The program of a thread: what `node/threadSource.ts` is in Node. */
export function beWebThread(): void {
  globalThis.onmessage = ({ data }: MessageEvent<ThreadData>) => {
    const { module, memory, shared, workspace, thread, recordBytes } = data;
    const tell = (message: ThreadMessage) => globalThis.postMessage(message);
    const instance = new WebAssembly.Instance(module, { env: { memory } });
    const { runPart } = instance.exports as unknown as ThreadExports;
    const words = new Int32Array(memory.buffer, shared, WORDS.all);
    const own = WORDS.commands + thread;
    tell("ready");
    for (let last = 0; ; ) {
      Atomics.wait(words, own, last);
      const command = Atomics.load(words, own);
      if (command < 0) break;
      if (command === last) continue;
      last = command;
      const [threads, list, length, first, count, trace, slots] = words.subarray(WORDS.arguments);
      const part = (list >>> 0) + thread * length * recordBytes;
      const done = runPart(part, length, first, count, trace, slots, workspace, shared, threads);
      if (done && thread === 0) tell("done");
    }
  };
}
