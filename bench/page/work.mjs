// The work of a page that `bench/page.mjs` times: it bundles this file and calls its functions by name.

import { sweep, train } from "../../dist/browser.js";
import { openBrowserStore } from "../../dist/browser-store.js";

/** A short training run on a worker. */
export async function training() {
  await train({
    network: { layers: [128, 128] },
    data: { name: "gaussian-mixture", inputs: 64, classes: 4, train: 2000, test: 500 },
    optimizer: { batchSize: 50 },
    epochs: 40,
  });
}

/** A sweep of 8,000 runs that ends after five. */
export async function manyRuns() {
  let left = 5;
  const input = {
    network: { layers: [16] },
    data: { name: "gaussian-mixture", inputs: 8, classes: 3, train: 60, test: 30 },
    optimizer: { batchSize: 20 },
    epochs: 4,
    sweep: { "noise.0.sigma": "0.1:100:2000", repeats: 4 },
  };
  for await (const _ of sweep(input, { workers: 1 })) if (--left === 0) break;
}

/** One run of 400,000 recorded steps. */
const LONG = {
  network: { layers: [2] },
  data: { name: "linear-regression", train: 50 },
  optimizer: { batchSize: 1 },
  record: { dense: 1e6 },
  epochs: 8000,
  sweep: {},
};

export async function longRun() {
  await sweep(LONG, { workers: 1 });
}

/** The same run, stored in the private file system and loaded from there. */
export async function longRunKept() {
  const store = await openBrowserStore(`bench-${Math.random()}`);
  for (let time = 0; time < 2; time++) await sweep(LONG, { workers: 1, store });
  await store.close();
}

/** Training on 60,000 images of the page's own, 47 MB as bytes. */
export async function ownImages() {
  const [rows, inputs] = [60_000, 784];
  images ??= {
    name: "own",
    task: "classification",
    inputs,
    outputs: 10,
    scale: 1 / 255,
    shift: 0,
    train: {
      rows,
      inputs: Uint8Array.from({ length: rows * inputs }, (_, i) => i % 251),
      targets: Uint32Array.from({ length: rows }, (_, i) => i % 10),
    },
    test: null,
  };
  await train(
    {
      network: { layers: [8] },
      optimizer: { batchSize: 1000 },
      epochs: 1,
      record: { evaluateEvery: 1 },
    },
    { dataset: images },
  );
}
let images;

/** Milliseconds from an abort to the end of the run, for each of `times` runs. */
export async function cancelLatency(times) {
  const took = [];
  for (let time = 0; time < times; time++) {
    const controller = new AbortController();
    let under;
    const begun = new Promise((resolve) => {
      under = resolve;
    });
    const run = train(
      { network: { layers: [256, 256] }, epochs: 10_000 },
      { signal: controller.signal, onProgress: under },
    );
    await begun;
    const start = performance.now();
    controller.abort(new Error("enough"));
    await run.catch(() => {});
    took.push(performance.now() - start);
  }
  return took;
}
