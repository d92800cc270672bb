import { availableParallelism } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { sweep as sweepInNode } from "../../ts/entries/node/node.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { MemoryStore } from "../../ts/store/memoryStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { threadingFor } from "../../ts/train/machine/node/threading.js";
import { threads } from "../support/worker.js";

const kernels = await loadKernels();
const { spawn, alive } = await threads();
const spec = (sigmas: number[], more: object = {}): SweepInput => ({
  network: { layers: [40, 30] },
  data: { name: "gaussian-mixture", inputs: 20, classes: 3, train: 100, test: 20 },
  optimizer: { batchSize: 20 },
  epochs: 2,
  sweep: { "noise.0.sigma": sigmas, ...more },
});

/** Makes a sweep with as many threads a run as it may have; says how many it asked for. */
async function forced(input: SweepInput, options: object) {
  const asked: number[] = [];
  const threading = (most: number) => {
    asked.push(most);
    return threadingFor(0, most);
  };
  const own = { kernels, spawn, threading, backend: "wasm" } as const;
  return { asked, result: await sweep(input, { ...own, ...options }) };
}

afterEach(() => expect(alive.size).toBe(0));

describe("a sweep with fewer runs than threads", () => {
  test.each([
    ["one run on four", [2], { workers: 4 }, 4],
    ["two runs on four", [2, 9], { workers: 4 }, 2],
    ["two runs on three, one each", [2, 9], { workers: 3 }, null],
    ["one part of two runs on two", [2, 9], { workers: 2, shard: { index: 1, of: 2 } }, 2],
  ])("%s: the same bits", async (_, sigmas, options, wanted) => {
    const { asked, result } = await forced(spec(sigmas), options);
    expect(asked).toEqual(wanted === null ? [] : [wanted]);
    const { workers: __, ...others } = options;
    const alone = await sweep(spec(sigmas), { kernels, backend: "wasm", ...others });
    expect(result.runs.length).toBe(alone.runs.length);
    expect(result.resultsHash).toBe(alone.resultsHash);
    for (const { backend } of result.runs) {
      if (wanted) expect(backend.why).toBe(`asked for; on ${wanted} threads: asked for`);
    }
  });

  test("finds runs that other numbers of threads have made", async () => {
    const store = new MemoryStore();
    await sweep(spec([2, 9]), { kernels, backend: "wasm", store });
    let made = 0;
    const onProgress = () => made++;
    const { result } = await forced(spec([2, 9]), { workers: 4, store, onProgress });
    expect(result.runs).toHaveLength(2);
    for (const { backend } of result.runs) expect(backend.why).toBe("asked for");
    expect(made).toBeGreaterThan(0);
  });

  test("keeps one thread a run where refinement may add some", async () => {
    const refine = { precision: 0.5, boundaries: ["catapult"] };
    const { asked } = await forced(spec([2, 9], { refine }), { workers: 4 });
    expect(asked).toEqual([]);
  });

  test("ends its threads with the loop", async () => {
    const input = { ...spec([2]), epochs: 100_000 };
    const controller = new AbortController();
    const stopped = forced(input, {
      workers: 2,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });

  test("in Node goes by the rule of a run of its own", async () => {
    const { runs } = await sweepInNode(spec([2]), {
      ...{ kernels, spawn, backend: "wasm", workers: 4 },
    });
    const cores = availableParallelism();
    const why = cores > 1 ? "the run is too short for more to pay" : "this host has one core";
    expect(runs[0].backend.why).toBe(`asked for; on one thread: ${why}`);
  });
});
