import { getEventListeners } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { measuredBoundaries } from "../../ts/analysis/boundaries.js";
import type { Progress } from "../../ts/async/progress.js";
import { loadDataset } from "../../ts/data/load.js";
import { InputError, RunError } from "../../ts/errors/errors.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { hashRuns } from "../../ts/format/hash.js";
import { LocalRunner } from "../../ts/jobs/localRunner.js";
import type { Runner } from "../../ts/jobs/runner.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";
import { MemoryStore } from "../../ts/store/memoryStore.js";
import { openStore } from "../../ts/store/node/openStore.js";
import { type SweepOptions, sweep } from "../../ts/sweep/sweep.js";
import type { SweptRun } from "../../ts/sweep/sweepResult.js";
import { threads } from "../support/worker.js";

const kernels = await loadKernels();
const { spawn, alive } = await threads();

const spec: SweepInput = {
  network: { layers: [12] },
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 60, test: 30 },
  optimizer: { batchSize: 20 },
  epochs: 4,
  sweep: { "noise.0.sigma": [0.5, 2, 8, 200], repeats: 2 },
};

/** Counts the runs that are really made. */
function counting(): Runner & { made: number } {
  const local = new LocalRunner(kernels);
  return {
    made: 0,
    size: 1,
    load: (data) => local.load(data),
    run(job, hooks) {
      this.made++;
      return local.run(job, hooks);
    },
    dispose: () => local.dispose(),
  };
}

const onWorkers: SweepOptions = { kernels, workers: 2, spawn };

afterEach(() => expect(alive.size).toBe(0));

describe("a sweep", () => {
  it("awaited, gives all runs in their order, the same on workers as on this thread", async () => {
    const here = await sweep(spec, { kernels });
    const there = await sweep(spec, onWorkers);
    expect(here.runs.map(({ fields }) => Object.values(fields))).toEqual(
      [0.5, 2, 8, 200].flatMap((sigma) => [0, 1].map((seed) => [sigma, seed])),
    );
    expect(there.runs.map(({ fields }) => fields)).toEqual(here.runs.map(({ fields }) => fields));
    expect(there.resultsHash).toBe(here.resultsHash);
    expect(here.resultsHash).toBe(await hashRuns(here.runs));
  });

  it("iterated over, gives each run once as it is finished, and ends its workers with the loop", async () => {
    const seen: unknown[] = [];
    for await (const { fields } of sweep(spec, onWorkers)) seen.push(JSON.stringify(fields));
    expect(new Set(seen).size).toBe(8);
    for await (const run of sweep(spec, onWorkers)) {
      expect(run.trajectory.steps.loss.length).toBe(12);
      break;
    }
  });

  it.each([
    ["here", { kernels }],
    ["on workers", onWorkers],
  ])("%s, left early, goes on with nothing and tells nobody", async (_, options) => {
    const folder = await mkdtemp(join(tmpdir(), "ninscope-left-"));
    const store = await openStore(folder);
    const listening = new AbortController();
    let told = 0;
    const long = { ...spec, sweep: { epochs: [1, 1e6] } };
    const runs = sweep(long, {
      ...options,
      store,
      checkpointEvery: 0,
      signal: listening.signal,
      onProgress: () => told++,
    });
    for await (const run of runs) {
      expect(run.experiment.epochs).toBe(1);
      // The other is in the midst of it.
      await sleep(200);
      break;
    }
    expect(getEventListeners(listening.signal, "abort")).toEqual([]);
    const before = told;
    await store.close();
    const [key] = store.keys();
    await expect(store.trajectory(key)).rejects.toThrow(/has been closed/);
    const files = async () => (await readdir(folder, { recursive: true })).sort();
    const after = await files();
    await sleep(200);
    expect([told, await files()]).toEqual([before, after]);
    expect(after.filter((name) => /lock|part$/.test(name))).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it("ends its runs when the loop over them throws", async () => {
    const loop = async () => {
      for await (const _ of sweep({ ...spec, sweep: { epochs: [1, 1e6] } }, onWorkers)) {
        throw new Error("seen enough");
      }
    };
    await expect(loop()).rejects.toThrow("seen enough");
  });

  it("is awaited or iterated over once", async () => {
    const once = sweep(spec, { kernels });
    await once;
    expect(() => once[Symbol.asyncIterator]()).toThrow(RunError);
  });

  it("begins no more runs than twice as many as it makes at once before a result is taken", async () => {
    const runner = counting();
    const iterator = sweep(spec, { kernels, runner })[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(runner.made).toBeLessThanOrEqual(3);
    await iterator.return?.();
  });

  it("makes the other runs when one fails, and says what failed", async () => {
    const broken: SweepInput = { ...spec, sweep: { "optimizer.batchSize": [20, 1000, 30] } };
    const told: string[] = [];
    const result = await sweep(broken, {
      ...onWorkers,
      onFailure: ({ failure }) => told.push(failure.message),
    });
    expect(result.runs.length).toBe(2);
    expect(result.failed.map(({ fields, failure }) => [fields, failure.field])).toEqual([
      [{ "optimizer.batchSize": 1000 }, "optimizer.batchSize"],
    ]);
    expect(told).toEqual([result.failed[0].failure.message]);
  });

  it("fails with the first error when all runs fail, and before any when the sweep is wrong", async () => {
    const broken: SweepInput = { ...spec, optimizer: { batchSize: 1000 } };
    await expect(sweep(broken, { kernels })).rejects.toThrow(InputError);
    const runner = counting();
    const wrong = { ...spec, sweep: { "noise.0.sigma": [1, -1] } };
    await expect(sweep(wrong, { kernels, runner })).rejects.toThrow(/noise\.0\.sigma is -1/);
    expect(runner.made).toBe(0);
  });

  it("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const run = sweep({ ...spec, epochs: 1e6 }, { ...onWorkers, signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 300);
    await expect(run).rejects.toThrow("enough");
  });

  it("makes no run twice: neither one that the store has, nor one that differs in nothing", async () => {
    const store = new MemoryStore();
    const first = counting();
    const whole = await sweep(spec, { kernels, store, runner: first });
    expect(first.made).toBe(8);
    const second = counting();
    const wider = { ...spec, sweep: { "noise.0.sigma": [0.5, 2, 8, 200, 300], repeats: 2 } };
    const more = await sweep(wider, { kernels, store, runner: second });
    expect(second.made).toBe(2);
    expect(more.runs.slice(0, 8).map(({ digest }) => digest)).toEqual(
      whole.runs.map(({ digest }) => digest),
    );
    const twin = counting();
    const twins = { ...spec, sweep: { "noise.0.sigma": [4, 4] } };
    const pair = await sweep(twins, { kernels, store: new MemoryStore(), runner: twin });
    expect([twin.made, pair.runs.length]).toEqual([1, 2]);
    const third = counting();
    await sweep({ ...spec, epochs: 5 }, { kernels, store, runner: third });
    expect(third.made).toBe(8);
    const fourth = counting();
    await sweep(spec, { kernels, store, runner: fourth, backend: "reference" });
    expect(fourth.made).toBe(8);
  });

  it("divides into shards that make each run once between them", async () => {
    const parts = await Promise.all(
      [0, 1, 2].map((index) => sweep(spec, { kernels, shard: { index, of: 3 } })),
    );
    const whole = await sweep(spec, { kernels });
    const digests = parts.flatMap(({ runs }) => runs.map(({ digest }) => digest));
    expect(digests.sort()).toEqual(whole.runs.map(({ digest }) => digest).sort());
  });

  it("is a promise in full, and starts once", async () => {
    const runner = counting();
    const once = sweep(spec, { kernels, runner });
    const ended: string[] = [];
    const [first, second] = await Promise.all([once, once.finally(() => ended.push("finally"))]);
    expect(second).toBe(first);
    expect([runner.made, ...ended]).toEqual([8, "finally"]);
    const bad = sweep({ ...spec, epochs: -1 }, { kernels });
    expect(await bad.catch((error) => error.field)).toBe("epochs");
  });

  it("takes a data set that the caller has, on workers too", async () => {
    const { experiment } = (await sweep(spec, { kernels })).runs[0];
    const dataset = await loadDataset(experiment.data, new Streams(kernels, 0));
    const here = await sweep(spec, { kernels, dataset });
    const there = await sweep(spec, { ...onWorkers, dataset });
    expect(there.resultsHash).toBe(here.resultsHash);
    // Generated data depends on the seed; a given set does not.
    const losses = here.runs.slice(0, 2).map(({ trajectory }) => trajectory.steps.loss[0]);
    expect(losses[0]).not.toBe(losses[1]);
    expect(here.runs.map(({ data }) => data)).toEqual(new Array(8).fill(here.runs[0].data));
    expect(here.runs[0].data).not.toBeNull();
  });

  it("tells how far it is and how long it will take", async () => {
    const told: Progress[] = [];
    await sweep(spec, { kernels, onProgress: (progress) => told.push(progress) });
    const last = told[told.length - 1];
    expect(last).toMatchObject({ done: 8, total: 8, what: "run" });
    expect(last.secondsLeft).toBe(0);
    expect(told.some(({ secondsLeft }) => secondsLeft !== null && secondsLeft > 0)).toBe(true);
  });

  it("gives means and confidence intervals over seeds", async () => {
    const { groups, runs } = await sweep(spec, { kernels });
    expect(groups.map(({ fields }) => fields["noise.0.sigma"])).toEqual([0.5, 2, 8, 200]);
    const [a, b] = runs.slice(0, 2).map(({ final }) => final.testLoss);
    const { testLoss } = groups[0].final;
    expect(testLoss.count).toBe(2);
    expect(testLoss.mean).toBeCloseTo((a + b) / 2, 12);
    // Student's t with one degree of freedom: the interval of two values is 12.7062 |a - b| / 2 wide to a side.
    expect(testLoss.high - testLoss.mean).toBeCloseTo((12.7062 * Math.abs(a - b)) / 2, 6);
    expect(groups.reduce((sum, { phases }) => sum + (phases.divergent ?? 0), 0)).toBe(
      runs.filter(({ phase }) => phase === "divergent").length,
    );
  });
});

describe("refinement", () => {
  const linear: SweepInput = {
    network: { layers: [100], activation: "linear", loss: "mse", bias: false, init: "ntk" },
    noise: [{ layer: 0, nodes: 1 }],
    data: { name: "linear-regression", inputs: 1, train: 200, slope: 1 },
    optimizer: { learningRate: 0.05, batchSize: "full" },
    steps: 500,
    record: { dense: 500, evaluateEvery: 100 },
  };

  it("finds the linear model's catapult boundary to 1 % with less than a quarter of a grid's runs", async () => {
    const [from, to, precision] = [1, 10, 0.01];

    const refined: SweptRun[] = [];
    const input: SweepInput = {
      ...linear,
      sweep: {
        "noise.0.sigma": `${from}:${to}:5`,
        refine: { precision, boundaries: ["catapult"] },
      },
    };
    for await (const run of sweep(input, { kernels })) refined.push(run);
    const sigmas = refined.map(({ fields }) => fields["noise.0.sigma"] as number);
    const above = (run: SweptRun) => run.phase === "catapult" || run.phase === "divergent";
    const low = Math.max(...sigmas.filter((_, i) => !above(refined[i])));
    const high = Math.min(...sigmas.filter((_, i) => above(refined[i])));
    expect(high / low).toBeGreaterThan(1);
    expect(high / low).toBeLessThanOrEqual(1 + precision);
    // A uniform grid whose neighbours differ by 1 % takes ln(to/from) / ln(1.01) + 1 runs.
    const uniform = Math.ceil(Math.log(to / from) / Math.log(1 + precision)) + 1;
    console.log(`${refined.length} runs, where a grid takes ${uniform}`);
    expect(refined.length).toBeLessThanOrEqual(uniform / 4);
    // kappa = eta sigma^2 lambda(0) is 2 there (theory, section 3); lambda(0) is alpha^2 (|w2|^2 + |W_NI|^2).
    const first = refined[sigmas.indexOf(high)].trajectory.steps.kappa[0];
    expect(Math.abs(first - 2)).toBeLessThan(0.5);
  });

  it("finds each seed's own boundary", async () => {
    const input: SweepInput = {
      ...linear,
      sweep: {
        "noise.0.sigma": "1:10:4",
        repeats: 3,
        refine: { precision: 0.1, boundaries: ["catapult"] },
      },
    };
    const { boundaries, runs } = await sweep(input, { kernels });
    expect(boundaries.catapult.overSeeds?.count).toBe(3);
    for (const seed of [0, 1, 2]) {
      const own = runs.filter(({ experiment }) => experiment.seed === seed);
      const low = own.filter(({ phase }) => phase !== "catapult" && phase !== "divergent");
      const high = own.filter((run) => !low.includes(run));
      const sigma = ({ fields }: SweptRun) => fields["noise.0.sigma"] as number;
      expect(Math.min(...high.map(sigma)) / Math.max(...low.map(sigma))).toBeLessThanOrEqual(1.1);
    }
  });

  it("says of boundaries over seeds no more than the grid can tell", async () => {
    const coarse = { ...linear, sweep: { "noise.0.sigma": [1, 10], repeats: 3 } };
    const { boundaries } = await sweep(coarse, { kernels });
    const { overSeeds } = boundaries.catapult;
    expect(overSeeds?.mean).toBeCloseTo(Math.sqrt(10), 10);
    expect(overSeeds?.low).toBeCloseTo(1, 10);
    expect(overSeeds?.high).toBeCloseTo(10, 10);
    const fine = {
      ...linear,
      sweep: { "noise.0.sigma": "1:10:4", repeats: 3, refine: { precision: 0.02 } },
    };
    const { boundaries: refined, runs } = await sweep(fine, { kernels });
    const ends = [0, 1, 2].map((seed) => {
      const own = runs.filter(({ experiment }) => experiment.seed === seed);
      return measuredBoundaries(
        own.map(({ fields, phase }) => ({ sigma: fields["noise.0.sigma"] as number, phase })),
      ).catapult.bracket as [number, number];
    });
    // Student's t of two degrees of freedom, over the brackets' lower ends.
    const lows = ends.map(([low]) => Math.log(low));
    const mean = (lows[0] + lows[1] + lows[2]) / 3;
    const spread = Math.sqrt(lows.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2);
    const low = Math.exp(mean - (4.30265 * spread) / Math.sqrt(3));
    expect(refined.catapult.overSeeds?.low).toBeCloseTo(low, 8);
  });

  it("gives the same runs on workers, whatever the order they finish in", async () => {
    const input: SweepInput = {
      ...linear,
      sweep: { "noise.0.sigma": "1:10:4", repeats: 2, refine: { precision: 0.2 } },
    };
    const [here, there] = [await sweep(input, { kernels }), await sweep(input, onWorkers)];
    expect(there.resultsHash).toBe(here.resultsHash);
  });
});
