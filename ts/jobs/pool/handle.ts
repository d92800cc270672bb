import type { Endpoint } from "comlink";
import nodeEndpoint, { type NodeEndpoint } from "comlink/dist/esm/node-adapter.mjs";

import { InputError, shown } from "../../errors/errors.js";

/** The part of Node's worker thread that ninscope uses. */
export interface ThreadLike {
  /** Adds a listener of `message`, `error` or `exit`. */
  on(event: string, listener: (value: any) => void): unknown;
  /** Removes a listener. */
  off(event: string, listener: (value: any) => void): unknown;
  /** Posts a message to the thread. */
  postMessage(message: any, transfer?: any): void;
  /** Ends the thread. */
  terminate(): unknown;
}

/** Starts a worker that runs ninscope's worker file: a browser's `Worker`, or one of `node:worker_threads`. */
export type SpawnWorker = () => Worker | ThreadLike;

/** A worker of either kind. */
export interface Handle {
  readonly endpoint: Endpoint;
  /** Calls the listener when the worker dies, or fails to start. */
  onDeath(listener: (why: string) => void): void;
  terminate(): unknown;
}

/** @throws InputError if it is not a worker. */
export function handleOf(worker: Worker | ThreadLike): Handle {
  if (typeof worker?.postMessage !== "function" || typeof worker.terminate !== "function") {
    throw new InputError(
      "spawn",
      `spawn returned ${shown(worker)}: takes a function that returns a Worker`,
    );
  }
  if (!("on" in worker)) {
    return {
      endpoint: worker,
      onDeath: (listener) => {
        worker.onerror = (event) => {
          event.preventDefault();
          listener(event.message ?? "its script could not be loaded");
        };
      },
      terminate: () => worker.terminate(),
    };
  }
  return {
    endpoint: nodeEndpoint(worker as unknown as NodeEndpoint),
    onDeath: (listener) => {
      worker.on("error", (error) => listener(error instanceof Error ? error.message : "error"));
      worker.on("exit", (code) => listener(`it ended with code ${code}`));
    },
    terminate: () => worker.terminate(),
  };
}
