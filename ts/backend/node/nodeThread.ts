import { SHARE_ENV, Worker } from "node:worker_threads";
import type { HostThread } from "../threads/threadTeam.js";
import type { ThreadData } from "../threads/words.js";
import { SOURCE } from "./threadSource.js";

/** Starts a thread. Tests give their own, to end it in mid-step. */
export type StartThread = (data: ThreadData) => Worker;

export const startThread: StartThread = (workerData) =>
  // The caller's flags may load files that a thread has no use for.
  new Worker(SOURCE, { eval: true, workerData, execArgv: [], env: SHARE_ENV });

/** A worker thread as a team takes it. */
export function nodeThread(worker: Worker): HostThread {
  return {
    listen: (heard, ended) => {
      let why: string | null = null;
      worker.on("message", heard);
      worker.on("error", (error) => {
        why = error instanceof Error ? error.message : String(error);
      });
      worker.on("exit", (code) => ended(why ?? `it ended with code ${code}`));
    },
    hold: (held) => (held ? worker.ref() : worker.unref()),
    left: async () => {
      // A thread that has ended has no number any more.
      if (worker.threadId < 0) return;
      worker.ref();
      await new Promise((resolve) => worker.once("exit", resolve));
    },
  };
}
