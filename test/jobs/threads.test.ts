import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { threadedMachine } from "../../ts/backend/node/threadedMachine.js";
import { loadDataset } from "../../ts/data/load.js";
import { hashRuns, train as portable, sweep } from "../../ts/entries/browser.js";
import { train } from "../../ts/entries/node/node.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { kernelsFrom } from "../../ts/kernels/instance.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { threadingFor } from "../../ts/train/machine/node/threading.js";

const kernels = await loadKernels();
const small: ExperimentInput = {
  network: { layers: [40, 30] },
  data: { name: "gaussian-mixture", inputs: 20, classes: 3, train: 100, test: 20 },
  optimizer: { batchSize: 20 },
  epochs: 2,
};

test.each([0, 1.5, -2, 129, Number.NaN, "two", "2", null, [2]])(
  "threads are not %j",
  async (threads) => {
    for (const backend of ["auto", "wasm", "reference"] as const) {
      for (const make of [train, portable]) {
        const run = make(small, { kernels, backend, threads: threads as number });
        const error = await run.catch((thrown) => thrown);
        expect(error).toBeInstanceOf(InputError);
        expect(error.field).toBe("threads");
        expect(error.message).toMatch(/^threads is .+: takes auto or an integer from 1 to 128$/);
      }
    }
  },
);

test("the result is the same but for its time and its reason, which names the number of threads", async () => {
  const known = [];
  for (const threads of [1, 2, 3]) {
    const { timing, backend, ...result } = await train(small, {
      kernels,
      threads,
      backend: "wasm",
    });
    const { why, ...machine } = backend;
    expect(why).toBe(
      `asked for; on ${threads === 1 ? "one thread" : `${threads} threads`}: asked for`,
    );
    known.push({ ...result, machine });
  }
  expect(known[1]).toEqual(known[0]);
  expect(known[2]).toEqual(known[0]);
});

test("what the machine changed by itself is in the reason, and in nothing else", async () => {
  const remark = "their number changed once";
  const control = () => ({ numbers: [2, 1], next: () => 1, took: () => {}, remark });
  const machine = await threadedMachine(kernels, 2, undefined, control);
  if (!machine) throw new Error("these kernels have no build for threads");
  const threading = async () => ({ machine, why: "on 2 threads" });
  const options = { kernels, backend: "wasm" } as const;
  const { timing, backend, ...result } = await portable(small, { ...options, threading });
  expect(backend.why).toBe(`asked for; on 2 threads; ${remark}`);
  const alone = await portable(small, options);
  expect(result).toEqual({ ...result, trajectory: alone.trajectory, parameters: alone.parameters });
  expect(await hashRuns([result])).toBe(await hashRuns([alone]));

  const spec = { ...small, sweep: { "optimizer.learningRate": [0.1] } };
  const swept = await sweep(spec, { ...options, workers: 2, threading: () => threading });
  const plain = await sweep(spec, options);
  expect(swept.runs[0].backend.why).toBe(`asked for; on 2 threads; ${remark}`);
  expect(swept.runs[0].key).toBe(plain.runs[0].key);
  expect(swept.resultsHash).toBe(plain.resultsHash);
});

test("short runs are on one thread by default; so are runs in workers and outside Node", async () => {
  const { backend } = await train(small, { kernels, backend: "wasm" });
  expect(backend.why).toBe(
    availableParallelism() > 1
      ? "asked for; on one thread: the run is too short for more to pay"
      : "asked for; on one thread: this host has one core",
  );
  const outside = await portable(small, { kernels, threads: 2 });
  expect(outside.backend.why).toMatch(
    /on one thread: only Node, and a page that is cross-origin isolated, have threads within a run$/,
  );
  const reference = await portable(small, { kernels, backend: "reference" });
  expect(reference.backend.why).toBe("asked for");
  const work = { experiment: parseExperiment(small), kernels, data: async () => data };
  const data = await loadDataset(work.experiment.data, new Streams(kernels, 0));
  const inWorker = await threadingFor(1)(work);
  expect(inWorker.why).toBe("on one thread: a run in a worker has no more");
  await expect(train(small, { kernels, workers: 1, threads: 2 })).rejects.toThrow(
    "threads is 2: takes 1 or auto, as a run in a worker has no more",
  );
});

test("kernels of the caller's own run on one thread", async () => {
  const own = kernelsFrom(kernels.module, "own");
  await expect(train(small, { kernels: own, threads: 2 })).rejects.toThrow(
    "threads is 2: takes 1 or auto, as kernels of your own have no build for more",
  );
  const { backend } = await train(small, { kernels: own });
  expect(backend.why).toMatch(/on one thread: kernels of your own have no build for more$/);
});

test.skipIf(availableParallelism() < 2)(
  "of a long run, one thread and more are measured; the faster is taken",
  async () => {
    const experiment = parseExperiment({
      ...small,
      network: { layers: [256, 256] },
      data: { name: "gaussian-mixture", inputs: 256, classes: 10, train: 2000, test: 0 },
      optimizer: { batchSize: 128 },
      epochs: 200,
    });
    const data = await loadDataset(experiment.data, new Streams(kernels, 0));
    const choice = await threadingFor(0)({ experiment, kernels, data: async () => data });
    const number = String.raw`(\S+) µs`;
    const found = choice.why.match(
      new RegExp(`^on (.+) threads?: a step takes ${number} on one, ${number} on (\\d+)$`),
    );
    if (!found) throw new Error(choice.why);
    const [, taken, one, many, threads] = found;
    const pays = Number(one) > Number(many);
    // Near the limit, rounded times may not show which side of it they are on.
    if (taken !== "one") expect(pays).toBe(true);
    expect(Number(threads)).toBeGreaterThan(1);
    // The run goes on measuring up to all cores, whatever it begins with.
    expect(choice.machine.threads).toBe(availableParallelism());
    // Steps that are too small are not measured at all.
    const thin = parseExperiment({
      ...small,
      network: { layers: [8] },
      data: { name: "gaussian-mixture", inputs: 8, classes: 2, train: 2000, test: 0 },
      optimizer: { batchSize: 10 },
      epochs: 100_000_000,
    });
    const few = await loadDataset(thin.data, new Streams(kernels, 0));
    const none = await threadingFor(0)({ experiment: thin, kernels, data: async () => few });
    expect(none.why).toBe("on one thread: the network is too small for more to pay");
  },
);
