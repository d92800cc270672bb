import type { Remote } from "comlink";
import type { DeskWorker } from "../worker/desk-worker.js";
import { callsOf } from "./workers.js";

let made: Remote<DeskWorker> | null = null;

/** The worker of the sweep, the data and the checks; it starts when it is first needed. */
export function desk(): Remote<DeskWorker> {
  made ??= callsOf<DeskWorker>(
    new Worker(new URL("../worker/desk-worker.ts", import.meta.url), {
      type: "module",
      name: "desk",
    }),
  );
  return made;
}
