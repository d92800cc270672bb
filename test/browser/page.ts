import type { Progress } from "../../ts/async/progress.js";
import {
  type ExperimentInput,
  hashRuns,
  type SweepInput,
  sweep,
  train,
} from "../../ts/entries/browser.js";
import { openBrowserStore } from "../../ts/entries/browser-store.js";

const spec: SweepInput = {
  network: { layers: [16] },
  data: { name: "gaussian-mixture", inputs: 8, classes: 3, train: 60, test: 30 },
  optimizer: { batchSize: 20 },
  epochs: 4,
  sweep: { "noise.0.sigma": [1, 10, 1e20], repeats: 2 },
};

/** Counts workers as they are made and ended. */
function counted(): { made: number; alive: number } {
  const count = { made: 0, alive: 0 };
  const Original = globalThis.Worker;
  globalThis.Worker = class extends Original {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      count.made++;
      count.alive++;
    }
    override terminate(): void {
      count.alive--;
      super.terminate();
    }
  };
  return count;
}

/** A sweep that is interrupted, and goes on in another opening of the store. */
export async function stored() {
  const count = counted();
  const first = await openBrowserStore("test");
  const second = await openBrowserStore("test").catch((error: Error) => error.message);
  for await (const _ of sweep(spec, { store: first, workers: 2 })) if (first.size === 4) break;
  await first.close();
  const again = await openBrowserStore("test");
  const kept = again.size;
  const { resultsHash } = await sweep(spec, { store: again, workers: 2, checkpointEvery: 0 });
  await again.close();
  const whole = await sweep(spec, { workers: 0 });
  const third = await openBrowserStore("test");
  const size = third.size;
  await third.close();
  return { second, kept, size, hash: resultsHash, want: whole.resultsHash, ...count };
}

/** Some training. */
export async function trained() {
  const count = counted();
  await train({
    network: { layers: [128, 128] },
    data: { name: "gaussian-mixture", inputs: 64, classes: 4, train: 2000, test: 500 },
    optimizer: { batchSize: 50 },
    epochs: 40,
  });
  return count;
}

const small: ExperimentInput = {
  network: { layers: [40, 30] },
  data: { name: "gaussian-mixture", inputs: 20, classes: 3, train: 100, test: 20 },
  epochs: 2,
};

/** How a run was made: with the page's own worker, with one that cannot start others, and on the page's thread. */
export async function threaded() {
  const count = counted();
  const asked = { backend: "wasm", threads: 2 } as const;
  const own = await train(small, asked);
  const [{ name: file }] = performance
    .getEntriesByType("resource")
    .filter(({ name }) => name.includes("ninscope-worker"));
  const source = await (await fetch(file)).blob();
  // Its address is gone when it would start others from it.
  const spawn = () => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    URL.revokeObjectURL(url);
    return worker;
  };
  const lone = await train(small, { ...asked, spawn });
  const here = await train(small, { ...asked, workers: 0 });
  const runs = [own, lone, here];
  const hashes = await Promise.all(runs.map((run) => hashRuns([run])));
  return { why: runs.map(({ backend }) => backend.why), hashes, ...count };
}

/** What a number of threads that no run can have is told. */
export async function badThreads() {
  return train(small, { threads: 1.5 }).catch(({ name, message }: Error) => [name, message]);
}

/** Cancelling in the midst of a run: what the run says, what is heard of it afterwards, and what is left. */
export async function cancelled() {
  const count = counted();
  const controller = new AbortController();
  let told = 0;
  const onProgress = ({ done }: Progress) => {
    if (controller.signal.aborted) told++;
    else if (done > 0) controller.abort(new Error("enough"));
  };
  const why = await train(
    { network: { layers: [256, 256] }, epochs: 10000 },
    { signal: controller.signal, onProgress },
  ).then(
    () => "done",
    (error: Error) => error.message,
  );
  return { why, told, ...count };
}

/** One run with a long trajectory: bytes of it that were digested at once on the page's thread, and its hash. */
export async function long() {
  const own = crypto.subtle.digest.bind(crypto.subtle);
  let most = 0;
  crypto.subtle.digest = (algorithm, data) => {
    most = Math.max(most, data.byteLength);
    return own(algorithm, data);
  };
  const input: SweepInput = {
    network: { layers: [2] },
    data: { name: "linear-regression", train: 50 },
    optimizer: { batchSize: 1 },
    record: { dense: 1e6 },
    epochs: 2000,
    sweep: {},
  };
  const { runs, resultsHash } = await sweep(input, { workers: 1 });
  const { steps } = runs[0].trajectory;
  const bytes = Object.values(steps).reduce((sum, column) => sum + column.byteLength, 0);
  const { sweep: _, ...experiment } = input;
  return { most, bytes, resultsHash, experiment };
}

/** What comes of names that no folder can have, asked for twice. */
export async function named() {
  const why: string[] = [];
  for (const name of ["a/b", "a/b", "..", ""]) {
    await openBrowserStore(name).catch((error: Error) => why.push(error.message));
  }
  return why;
}

/** Training by a module of another origin's, whose worker this page may not start. */
export async function elsewhere() {
  const count = counted();
  const { sweep: _, ...one } = spec;
  const { phase } = await train(one);
  return { phase, ...count, origin: new URL(import.meta.url).origin };
}
