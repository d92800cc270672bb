import { expect, test } from "vitest";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { EnsembleRunner } from "../../ts/jobs/ensembleRunner.js";
import type { Job } from "../../ts/jobs/runner.js";
import type { Kernels } from "../../ts/kernels/instance.js";
import { loadKernels } from "../../ts/kernels/node/load.js";

const kernels = await loadKernels();
const base: ExperimentInput = {
  network: { layers: [8] },
  data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 40, test: 0 },
  optimizer: { batchSize: 20 },
  steps: 40,
};
const job = (more: ExperimentInput): Job => ({
  ...{ key: "", backend: "wasm", data: null },
  experiment: parseExperiment({ ...base, ...more }),
});

/** Kernels that count the sessions which are opened with them: the runner does not care whose machine trains. */
function counted(): { kernels: Kernels; opened: () => number } {
  let instances = 0;
  const instantiate = () => {
    instances++;
    return kernels.instantiate();
  };
  return { kernels: { ...kernels, instantiate }, opened: () => instances };
}

/** A run that waits in its first evaluation until it is let go. */
function held() {
  let release = () => {};
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const waiting = new Promise<void>((resolve) => {
    release = resolve;
  });
  const onRecord = async () => {
    begin();
    await waiting;
  };
  return { onRecord, begun, release };
}

test("aborted runs that wait fail at once, with their reason, and open nothing", async () => {
  const { kernels: own, opened } = counted();
  const runner = new EnsembleRunner(own);
  const { onRecord, begun, release } = held();
  const first = runner.run(job({ seed: 0 }), { onRecord });
  const stop = new AbortController();
  const waiting = [1, 2, 3].map((seed) => runner.run(job({ seed }), { signal: stop.signal }));
  await begun;
  const before = opened();
  const why = new Error("enough");
  stop.abort(why);
  // The first group still trains.
  const ends = await Promise.allSettled(waiting);
  expect(ends).toEqual(ends.map(() => ({ status: "rejected", reason: why })));
  release();
  expect((await first).timing.steps).toBe(40);
  await runner.dispose();
  expect(opened()).toBe(before);
  await expect(runner.run(job({}), { signal: stop.signal })).rejects.toBe(why);
});

test("dispose ends what trains and what waits, and no group opens a session after it", async () => {
  const { kernels: own, opened } = counted();
  const runner = new EnsembleRunner(own);
  const { onRecord, begun, release } = held();
  const runs = [
    runner.run(job({ seed: 0, steps: 1e8 }), { onRecord }),
    runner.run(job({ seed: 1 })),
    runner.run(job({ seed: 2 })),
  ];
  const ends = Promise.allSettled(runs);
  await begun;
  const before = opened();
  const disposed = runner.dispose();
  release();
  await disposed;
  for (const end of await ends) {
    expect(end).toMatchObject({ status: "rejected", reason: { name: "RunError" } });
    expect((end as PromiseRejectedResult).reason.message).toMatch(/disposed of/);
  }
  expect(opened()).toBe(before);
  await expect(runner.run(job({}))).rejects.toThrow(/disposed of/);
});

test("one aborted run of a group leaves the others as they were", async () => {
  const runner = new EnsembleRunner(kernels);
  const sigmas = [0.5, 1, 2];
  const noise = sigmas.map((sigma) => ({ noise: [{ sigma }] }));
  const alone = await Promise.all(noise.map((own) => runner.run(job(own))));
  const stop = new AbortController();
  const onRecord = () => stop.abort(new Error("enough"));
  const [first, ...rest] = await Promise.allSettled(
    noise.map((own, i) => runner.run(job(own), i === 0 ? { signal: stop.signal, onRecord } : {})),
  );
  expect(first).toMatchObject({ status: "rejected", reason: { message: "enough" } });
  expect(rest.map((one) => one.status === "fulfilled" && one.value.trajectory)).toEqual(
    alone.slice(1).map(({ trajectory }) => trajectory),
  );
  await runner.dispose();
});
