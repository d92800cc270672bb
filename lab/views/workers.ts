import { type Remote, wrap } from "comlink";
import type { LabWorker } from "../worker/lab-worker.js";
import { problem, told } from "./session.js";

/** Workers that forecast, sweep, map and repeat runs; one more trains the network of the run view. */
export const HELPERS = Math.max(1, Math.min(4, (navigator.hardwareConcurrency ?? 2) - 1));
export const WORKERS = HELPERS + 1;

const started: Remote<LabWorker>[] = [];
/** What a person dropped, for workers that start later. */
let dropped: ReadonlyMap<string, Blob> | null = null;

/** The calls of a worker. The page says when the worker cannot go on. */
export function callsOf<T>(worker: Worker): Remote<T> {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    problem.value = `A worker of this page could not go on: ${event.message || "it did not load"}. Reload the page.`;
  });
  return wrap<T>(worker);
}

/** A worker starts when it is first needed: the first view moves sooner when it starts one alone. */
function worker(index: number): Remote<LabWorker> {
  if (!started[index]) {
    const spawned = new Worker(new URL("../worker/lab-worker.ts", import.meta.url), {
      type: "module",
      name: "lab",
    });
    started[index] = callsOf<LabWorker>(spawned);
    if (dropped) started[index].give(dropped).catch(told);
  }
  return started[index];
}

/** The first of the helpers, or another one. A helper takes what is asked of it one at a time. */
export function helper(index = 0): Remote<LabWorker> {
  return worker(index);
}

export function trainer(): Remote<LabWorker> {
  return worker(HELPERS);
}

/** All workers compute the phase map together. The run that the trainer holds waits meanwhile, if it plays at all. */
export function mappers(): readonly Remote<LabWorker>[] {
  return Array.from({ length: WORKERS }, (_, index) => worker(index));
}

/** Hands the files that a person dropped to all who may train with them. */
export async function giveFiles(files: ReadonlyMap<string, Blob>): Promise<void> {
  dropped = files;
  await Promise.all(started.map((each) => each.give(files)));
}
