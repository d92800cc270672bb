import { type Remote, wrap } from "comlink";
import type { DeskWorker } from "../worker/desk-worker.js";
import { problem } from "./session.js";

let made: Remote<DeskWorker> | null = null;

/** The worker of the sweep, the data and the checks; it starts when it is first needed. */
export function desk(): Remote<DeskWorker> {
  if (made) return made;
  const worker = new Worker(new URL("../worker/desk-worker.ts", import.meta.url), {
    type: "module",
    name: "desk",
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    problem.value = `A worker of this page could not go on: ${event.message || "it did not load"}. Reload the page.`;
  });
  made = wrap<DeskWorker>(worker);
  return made;
}
