import { openBrowserStore } from "../../ts/browserStore.js";
import { type SweepInput, sweep, train } from "../../ts/index.js";

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

/** What a page's own thread gets to do while a worker trains for a while. */
export async function trained() {
  const count = counted();
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    gaps.push(performance.now() - last);
    last = performance.now();
  }, 4);
  const { timing } = await train({
    network: { layers: [128, 128] },
    data: { name: "gaussian-mixture", inputs: 64, classes: 4, train: 2000, test: 500 },
    optimizer: { batchSize: 50 },
    epochs: 40,
  });
  clearInterval(timer);
  gaps.sort((a, b) => a - b);
  const gap = { median: gaps[Math.floor(gaps.length / 2)], largest: gaps[gaps.length - 1] };
  return { ...count, gap, seconds: timing.seconds };
}

/** Cancelling: how long it takes, and what is left. */
export async function cancelled() {
  const count = counted();
  const controller = new AbortController();
  const run = train(
    { network: { layers: [256, 256] }, epochs: 10000 },
    { signal: controller.signal },
  );
  await new Promise((resolve) => setTimeout(resolve, 600));
  const start = performance.now();
  controller.abort(new Error("enough"));
  const why = await run.then(
    () => "done",
    (error: Error) => error.message,
  );
  return { why, after: performance.now() - start, ...count };
}
