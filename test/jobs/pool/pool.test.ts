import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { FileSource } from "../../../ts/data/load.js";
import { noFiles } from "../../../ts/data/load.js";
import { InputError, RunError } from "../../../ts/errors/errors.js";
import { parseExperiment } from "../../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../../ts/experiment/schema.js";
import { LocalRunner } from "../../../ts/jobs/localRunner.js";
import { Pool, type PoolOptions } from "../../../ts/jobs/pool/pool.js";
import type { Job } from "../../../ts/jobs/runner.js";
import { loadKernels } from "../../../ts/kernels/kernels.js";
import type { Observed } from "../../../ts/train/trainer.js";
import { threads } from "../../support/worker.js";

const kernels = await loadKernels();
const { spawn, alive } = await threads();

function job(input: ExperimentInput, data: Job["data"] = null): Job {
  return { key: "", experiment: parseExperiment(input), backend: "auto", data };
}

const small: ExperimentInput = {
  network: { layers: [16] },
  data: { name: "gaussian-mixture", inputs: 8, classes: 3, train: 120, test: 60 },
  optimizer: { batchSize: 20 },
  epochs: 5,
};
/** Some seconds of work. */
const long: ExperimentInput = { ...small, network: { layers: [256, 256] }, epochs: 3000 };

const pools: Pool[] = [];
function pool(size: number, options: Partial<PoolOptions> = {}): Pool {
  const made = new Pool({ size, spawn, kernels, ...options });
  pools.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(pools.splice(0).map((made) => made.dispose()));
});

function mustNot(): never {
  throw new DOMException("another origin's", "SecurityError");
}

/** One thread that is training. */
async function busy(): Promise<void> {
  while (alive.size === 0) await sleep(5);
  await sleep(300);
}

describe("a pool of workers", () => {
  it("gives what the calling thread would, whichever worker a run falls to", async () => {
    const local = new LocalRunner(kernels);
    const workers = pool(2);
    const jobs = [0, 1, 2, 3, 4].map((seed) => job({ ...small, seed }));
    const [here, there] = await Promise.all([
      Promise.all(jobs.map((one) => local.run(one))),
      Promise.all(jobs.map((one) => workers.run(one))),
    ]);
    const bare = ({ timing: _, ...rest }: (typeof here)[0]) => rest;
    expect(there.map(bare)).toEqual(here.map(bare));
    expect(alive.size).toBe(2);
  });

  it("shows an observer the weights that this thread would, and heeds its stop", async () => {
    const observed = async (runner: LocalRunner | Pool, last: number) => {
      const seen: Observed[] = [];
      const { timing } = await runner.run(job(small), {
        observer: {
          next: (step) => Math.ceil(step / 7) * 7,
          look: async (state) => {
            seen.push(state);
            return state.step === last ? "stop" : { not: "an answer", that: () => "travels" };
          },
        },
      });
      return { seen, steps: timing.steps };
    };
    const workers = pool(1);
    const local = new LocalRunner(kernels);
    const here = await observed(local, -1);
    expect(here.seen.map(({ step }) => step)).toEqual([0, 7, 14, 21, 28]);
    expect(await observed(workers, -1)).toEqual(here);
    expect(await observed(workers, 14)).toEqual(await observed(local, 14));
    expect((await observed(workers, 14)).steps).toBe(14);
    const { timing } = await workers.run(job(small), { onRecord: () => "stop" });
    expect(timing.steps).toBe(0);
  });

  it("reports progress and evaluations as they are made", async () => {
    const epochs: number[] = [];
    let last = 0;
    await pool(1).run(job(small), {
      onRecord: ({ epoch }) => epochs.push(epoch),
      onStep: (step, steps) => {
        last = step / steps;
      },
    });
    expect(epochs).toEqual([0, 1, 2, 3, 4, 5]);
    expect(last).toBe(1);
  });

  it("reads files on the calling thread, decodes them on a worker, and hands each worker one copy", async () => {
    const csv = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 3},${i % 2}`).join("\n");
    let reads = 0;
    const files: FileSource = {
      ...noFiles,
      read: async () => {
        reads++;
        return new TextEncoder().encode(`a,b,y\n${csv}\n`);
      },
    };
    const experiment = parseExperiment({
      ...small,
      data: { name: "csv", path: "numbers.csv", task: "classification" },
    });
    const local = new LocalRunner(kernels, files);
    const own = await local.load(experiment.data);
    const workers = pool(2, { files });
    const data = await workers.load(experiment.data);
    expect(data).toEqual(own);
    const [here, ...there] = await Promise.all([
      local.run({ key: "", experiment, backend: "auto", data }),
      ...[1, 2, 3].map(() => workers.run({ key: "", experiment, backend: "auto", data })),
    ]);
    for (const { trajectory } of there) expect(trajectory).toEqual(here.trajectory);
    expect(reads).toBe(2);
    expect(data.dataset.train.inputs.length).toBeGreaterThan(0);
  });

  it("keeps the class and the field of an error, and its worker", async () => {
    const workers = pool(1);
    const bad = workers.run(job({ ...small, optimizer: { batchSize: 1000 } }));
    await expect(bad).rejects.toThrow(InputError);
    await expect(bad).rejects.toMatchObject({ field: "optimizer.batchSize" });
    const missing = workers.load(
      parseExperiment({ data: { name: "csv", path: "nowhere.csv" } }).data,
    );
    await expect(missing).rejects.toMatchObject({ field: "data.path" });
    const [worker] = alive;
    await workers.run(job(small));
    expect([...alive]).toEqual([worker]);
  });

  it("heeds an abort before it hears of its worker again, and goes on with other runs", async () => {
    const workers = pool(1);
    const controller = new AbortController();
    let told = 0;
    const onStep = () => {
      told++;
    };
    const run = workers.run(job(long), { signal: controller.signal, onStep });
    const queued = workers.run(job(long), { signal: controller.signal });
    const other = workers.run(job(small));
    while (told === 0) await sleep(5);
    const before = told;
    controller.abort(new Error("enough"));
    await expect(run).rejects.toThrow("enough");
    await expect(queued).rejects.toThrow("enough");
    expect(told).toBe(before);
    expect((await other).phase).toBeDefined();
    expect(alive.size).toBe(1);
  });

  it("goes on from the last checkpoint when a worker dies, to the same bits", async () => {
    const experiment = { ...long, epochs: 60, optimizer: { batchSize: 20, momentum: 0.5 } };
    const want = await pool(1).run(job(experiment));
    const workers = pool(1, { checkpointEvery: 0 });
    const saved: number[] = [];
    let killed = false;
    const result = await workers.run(job(experiment), {
      checkpoints: { every: 0, save: ({ step }) => void saved.push(step) },
      onStep: (step, steps) => {
        if (killed || step < steps / 3) return;
        killed = true;
        for (const worker of alive) void worker.terminate();
      },
    });
    expect(killed).toBe(true);
    expect(result.trajectory).toEqual(want.trajectory);
    expect(result.parameters).toEqual(want.parameters);
    // It never went back by more than what lies between two checkpoints.
    expect(saved.every((step, i) => i === 0 || step >= saved[i - 1])).toBe(true);
  });

  it("ends a run with what its caller's hook throws, as it is, and goes on with other runs", async () => {
    class Mine extends Error {}
    const mine = () => {
      throw new Mine("enough seen");
    };
    const workers = pool(1);
    for (const hooks of [
      { onStep: mine },
      { onRecord: mine },
      { checkpoints: { every: 0, save: mine } },
    ]) {
      const run = workers.run(job(long), hooks);
      const other = workers.run(job(small));
      await expect(run).rejects.toThrow(Mine);
      expect((await other).phase).toBeDefined();
    }
    expect(alive.size).toBe(1);
  });

  it("says what its caller's worker factory does wrong, and lets no run wait for ever", async () => {
    const refused = (makes: () => any) => pool(1, { spawn: makes }).run(job(small));
    await expect(refused(() => undefined)).rejects.toThrow(
      /spawn returned undefined: takes a function/,
    );
    await expect(refused(() => Promise.resolve())).rejects.toThrow(InputError);
    let spawned = 0;
    const few = pool(1, {
      spawn: () => {
        if (spawned++ > 0) throw new RangeError("no more threads");
        return spawn();
      },
    });
    const controller = new AbortController();
    const first = few.run(job(long), { signal: controller.signal });
    const second = few.run(job(small));
    await busy();
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    await expect(second).rejects.toThrow("no more threads");
    await expect(few.run(job(small))).rejects.toThrow("no more threads");
    expect(await pool(1, { spawn: mustNot }).starts()).toBe(false);
  });

  it("gives up a run whose worker dies again and again, and says so", async () => {
    const dying = pool(1, {
      spawn: () => {
        const worker = spawn();
        void worker.terminate();
        return worker;
      },
    });
    const run = dying.run(job(small));
    await expect(run).rejects.toThrow(RunError);
    await expect(run).rejects.toThrow(/died 5 times/);
  });

  it("leaves no worker, port or listener behind when it is disposed of", async () => {
    const ports = () =>
      process.getActiveResourcesInfo().filter((name) => /MessagePort|Worker/.test(name)).length;
    await Promise.all(pools.splice(0).map((made) => made.dispose()));
    const settle = async () => {
      while (alive.size > 0) await sleep(5);
      await sleep(50);
    };
    await settle();
    const before = ports();
    const controller = new AbortController();
    const workers = pool(2);
    const runs = [1, 2, 3, 4].map((seed) =>
      workers.run(job({ ...long, seed }), { signal: controller.signal }),
    );
    const settled = Promise.allSettled(runs);
    await busy();
    expect(alive.size).toBe(2);
    expect(ports()).toBeGreaterThan(before);
    await workers.dispose();
    const outcomes = await settled;
    expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
    await settle();
    expect(ports()).toBe(before);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });
});
