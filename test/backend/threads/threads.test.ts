import type { Worker as Thread } from "node:worker_threads";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { StartThread } from "../../../ts/backend/node/nodeThread.js";
import { threadedMachine } from "../../../ts/backend/node/threadedMachine.js";
import { SOURCE } from "../../../ts/backend/node/threadSource.js";
import type { ThreadControl } from "../../../ts/backend/threads/threadControl.js";
import { type ThreadData, WORDS } from "../../../ts/backend/threads/words.js";
import { RunError } from "../../../ts/errors/errors.js";
import type { ExperimentInput } from "../../../ts/experiment/schema.js";
import { train } from "../../../ts/jobs/train.js";
import { loadKernels } from "../../../ts/kernels/kernels.js";
import type { Program } from "../../../ts/program/ops.js";
import type { Checkpoint } from "../../../ts/train/checkpoint.js";
import type { Threading } from "../../../ts/train/machine/chooseBackend.js";
import { prepare } from "../../../ts/train/prepare.js";
import { RUNS, SCHEDULED } from "../../golden/runs.js";
import { bitsOf, networks } from "./networks.js";

const FULL = process.env.NINSCOPE_SOAK === "full";
const kernels = await loadKernels();
const relaxed = await loadKernels({ fast: true });

async function machineOf(
  threads: number,
  start?: StartThread,
  of = kernels,
  control?: () => ThreadControl,
) {
  const machine = await threadedMachine(of, threads, start, control);
  if (!machine) throw new Error("these kernels have no build for threads");
  return machine;
}

describe("every number of threads gives the same bits", () => {
  test.each(Object.entries({ ...RUNS, scheduled: SCHEDULED }))(
    "golden run %s",
    async (_, experiment) => {
      for (const of of [kernels, relaxed]) {
        const prepared = await prepare(experiment, { kernels: of, backend: "wasm" });
        const wanted = await bitsOf(prepared.machine, prepared);
        // The relaxed build has other tiles: one of its splits suffices here.
        for (const threads of FULL || of === kernels ? [1, 2, 3, 4] : [2]) {
          const found = await bitsOf(await machineOf(threads, undefined, of), prepared);
          expect(found === wanted, `${threads} threads`).toBe(true);
        }
      }
    },
  );

  test("networks of all kinds", async () => {
    let made = 0;
    await fc.assert(
      fc.asyncProperty(networks, async (experiment) => {
        const prepared = await prepare(experiment, { kernels, backend: "wasm" });
        const wanted = await bitsOf(prepared.machine, prepared);
        const counts = FULL ? [1, 2, 3, 4] : [2 + (made++ % 3)];
        for (const threads of counts) {
          expect((await bitsOf(await machineOf(threads), prepared)) === wanted).toBe(true);
        }
      }),
      { numRuns: FULL ? 200 : 20, seed: 11 },
    );
  });

  test("a number that changes from call to call, with a checkpoint in between", async () => {
    let changes = 0;
    const pattern = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 20 });
    const eachStep = { next: (step: number) => step, look: () => {} };
    await fc.assert(
      fc.asyncProperty(networks, pattern, fc.nat(), async (experiment, numbers, seed) => {
        const prepared = await prepare(experiment, { kernels, backend: "wasm" });
        const wanted = await bitsOf(prepared.machine, prepared);
        let calls = 0;
        let last = 0;
        const next = () => {
          const number = numbers[calls++ % numbers.length];
          if (last > 0 && number !== last) changes++;
          last = number;
          return number;
        };
        const control = () => ({ numbers: [3, 2, 1], next, took: () => {} });
        const machine = await machineOf(3, undefined, kernels, control);
        const saved: Checkpoint[] = [];
        const save = async (one: Checkpoint) => void saved.push(one);
        const checkpoints = { from: null, every: 0, save };
        const whole = await bitsOf(machine, prepared, { checkpoints, observer: eachStep });
        expect(whole === wanted).toBe(true);
        const from = saved[seed % saved.length];
        const resumed = await bitsOf(machine, prepared, {
          checkpoints: { from },
          observer: eachStep,
        });
        expect(resumed === wanted).toBe(true);
      }),
      { numRuns: FULL ? 200 : 15, seed: 13 },
    );
    expect(changes).toBeGreaterThan(100);
  });

  test("several replicas, whose trace is longer than what is kept at a time", async () => {
    const { program, list, steps } = counting(3);
    const found = [];
    for (const threads of [null, 2]) {
      const machine = threads ? await machineOf(threads) : (await prepare({}, { kernels })).machine;
      const session = await machine.open(program);
      session.write(
        "x",
        Float32Array.from({ length: 3 * 64 }, (_, i) => 1 + i / 1000),
      );
      found.push(Buffer.from((await session.run(list, 0, steps)).buffer));
      session.dispose();
    }
    expect(found[0].equals(found[1])).toBe(true);
  });
});

/** A program whose every pass changes 64 numbers of each replica and writes their sum of squares. */
function counting(replicas = 1) {
  const x = { buffer: "x", offset: 0, rows: 8, cols: 8, stride: 8 };
  const program: Program = {
    replicas,
    buffers: { x: { type: "float", length: 64 } },
    fills: [],
    lists: {
      all: {
        ops: [
          { op: "addScaled", from: x, into: x, factor: -1e-6 },
          { op: "dot", a: x, b: x, slot: 0, scale: 1 },
        ],
        // So many that the trace of 300 passes is longer than what is kept at a time.
        slots: 1000,
      },
    },
  };
  return { program, list: "all", steps: 300 };
}

/** Starts threads and keeps them, with what they were given. */
function watched(change: (data: ThreadData) => ThreadData = (data) => data) {
  const threads: Thread[] = [];
  const given: ThreadData[] = [];
  const exits: Promise<unknown>[] = [];
  const start: StartThread = (data) => {
    const thread = new Worker(SOURCE, { eval: true, workerData: change(data) });
    threads.push(thread);
    given.push(data);
    exits.push(new Promise((resolve) => thread.once("exit", resolve)));
    return thread;
  };
  return { threads, given, exits, start };
}

describe("a thread that dies", () => {
  test("in mid-step ends the run with one error; the others leave", async () => {
    const { threads, given, exits, start } = watched();
    const { program, list } = counting();
    const session = await (await machineOf(3, start)).open(program);
    const running = session.run(list, 0, 200_000);
    const outcome = running.then(
      () => "done",
      (error) => error,
    );
    const words = new Int32Array(given[0].memory.buffer, given[0].shared, WORDS.all);
    while (Atomics.load(words, WORDS.generation) < 1000) await new Promise(setImmediate);
    await threads[1].terminate();
    const error = await outcome;
    expect(error).toBeInstanceOf(RunError);
    expect(error.message).toBe("thread 2 of 3 of the run died in mid-run: it ended with code 1");
    // The session is lost, and says the same.
    await expect(session.run(list, 0, 1)).rejects.toThrow(error.message);
    session.dispose();
    await Promise.all(exits);
  });

  test("while it sleeps ends the run too", async () => {
    const { threads, given, exits, start } = watched();
    const { program, list } = counting();
    const alone = () => ({ numbers: [2, 1], next: () => 1, took: () => {} });
    const session = await (await machineOf(2, start, kernels, alone)).open(program);
    const outcome = session.run(list, 0, 200_000).catch((error) => error);
    const words = new Int32Array(given[0].memory.buffer, given[0].shared, WORDS.all);
    while (Atomics.load(words, WORDS.generation) < 1000) await new Promise(setImmediate);
    await threads[1].terminate();
    expect((await outcome).message).toBe(
      "thread 2 of 2 of the run died in mid-run: it ended with code 1",
    );
    session.dispose();
    await Promise.all(exits);
  });

  test("of an error of its own says which", async () => {
    const { exits, start } = watched((data) =>
      data.thread === 1 ? { ...data, recordBytes: 2 ** 28 } : data,
    );
    const { program, list } = counting();
    const session = await (await machineOf(2, start)).open(program);
    await expect(session.run(list, 0, 1)).rejects.toThrow(
      /^thread 2 of 2 of the run died in mid-run: memory access out of bounds$/,
    );
    session.dispose();
    await Promise.all(exits);
  });

  test("at its start is a run's error too", async () => {
    const { exits, start } = watched((data) =>
      data.thread === 1 ? { ...data, memory: {} as WebAssembly.Memory } : data,
    );
    await expect((await machineOf(2, start)).open(counting().program)).rejects.toThrow(
      /^thread 2 of 2 of the run did not start: /,
    );
    await Promise.all(exits);
  });

  test("leaves the run's last checkpoint, from which it continues with the same bits", async () => {
    const experiment: ExperimentInput = {
      network: { layers: [40, 30] },
      data: { name: "gaussian-mixture", inputs: 20, classes: 3, train: 300, test: 20 },
      optimizer: { batchSize: 20 },
      epochs: 30,
    };
    const kept = new Map<string, Checkpoint>();
    const store = {
      checkpoint: async (key: string) => kept.get(key) ?? null,
      saveCheckpoint: async (key: string, checkpoint: Checkpoint) => void kept.set(key, checkpoint),
      dropCheckpoint: async (key: string) => void kept.delete(key),
    };
    const { threads, exits, start } = watched();
    const threadingOf =
      (count: number): Threading =>
      async () => ({ machine: await machineOf(count, start), why: `on ${count} threads` });
    const options = { kernels, backend: "wasm", store, checkpointEvery: 0 } as const;
    const whole = await train(experiment, { kernels, backend: "wasm" });
    const ended = train(experiment, {
      ...options,
      threading: threadingOf(2),
      onRecord: ({ step }) => {
        if (step > 100) threads[0].terminate();
      },
    });
    await expect(ended).rejects.toThrow(/^thread 1 of 2 of the run died/);
    await Promise.all(exits);
    expect([...kept.values()].map(({ step }) => step > 0)).toEqual([true]);
    // Another number of threads goes on.
    const resumed = await train(experiment, {
      ...options,
      threading: threadingOf(3),
      resume: true,
    });
    await Promise.all(exits);
    expect(resumed.parameters).toEqual(whole.parameters);
    expect(resumed.trajectory).toEqual(whole.trajectory);
    expect(kept.size).toBe(0);
  });
});

// The full count takes a quarter of an hour on idle cores, more than the limit of other tests.
const LIMIT = FULL ? { timeout: 7_200_000 } : {};
test("starts and stops leave no thread behind", LIMIT, async () => {
  const live = new Set<Thread>();
  let most = 0;
  const start: StartThread = (workerData) => {
    const thread = new Worker(SOURCE, { eval: true, workerData, execArgv: [] });
    live.add(thread);
    most = Math.max(most, live.size);
    thread.once("exit", () => live.delete(thread));
    return thread;
  };
  // In every third session only one of the threads works.
  let opened = 0;
  const control = () => {
    const number = opened++ % 3 === 0 ? 1 : 2;
    return { numbers: [2, 1], next: () => number, took: () => {} };
  };
  const machine = await machineOf(2, start, kernels, control);
  const { program, list } = counting();
  const ports = () =>
    process.getActiveResourcesInfo().filter((name) => name === "MessagePort").length;
  const before = ports();
  const count = FULL ? 10_000 : 60;
  let settled = 0;
  for (let i = 0; i < count; i++) {
    const session = await machine.open(program);
    // Every other session ends before it has run.
    if (i % 2 === 0) await session.run(list, 0, 10);
    session.dispose();
    if (i === count / 2) settled = process.memoryUsage().rss;
  }
  await (await machine.open(program)).dispose();
  while (live.size > 0) await new Promise(setImmediate);
  expect(ports()).toBe(before);
  // Those of a session that ended may still leave while the next one waits for them.
  expect(most).toBeLessThanOrEqual(4);
  // In the second half of many starts the process does not grow.
  if (FULL) expect(process.memoryUsage().rss - settled).toBeLessThan(100e6);
});
