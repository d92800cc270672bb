import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { SweepInput } from "../../ts/experiment/sweep.js";
import { runKey } from "../../ts/jobs/runKey.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { MemoryStore } from "../../ts/store/memoryStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { OTHER_KERNELS } from "../support/otherKernels.js";
import { threads } from "../support/worker.js";

const kernels = await loadKernels();
const others = await loadKernels({ baseline: OTHER_KERNELS });
const { spawn } = await threads();

const spec: SweepInput = {
  network: { layers: [4] },
  data: { name: "gaussian-mixture", inputs: 2, classes: 2, train: 20, test: 0 },
  optimizer: { batchSize: 10 },
  epochs: 1,
  sweep: { "noise.0.sigma": [1, 10] },
};

describe("a run's key", () => {
  const backend = { name: "webgpu", flavour: "a GPU", kernels: "aa", shaders: "bb/plain/16384" };
  const keyOf = (changed: object) => runKey(parseExperiment({}), null, { ...backend, ...changed });

  it.each([
    { name: "wasm" },
    { flavour: "another GPU" },
    { kernels: "ab" },
    { shaders: "bc/plain/16384" },
    { shaders: "bb/subgroups/16384" },
  ])("is another with %j", async (changed) => {
    expect(await keyOf(changed)).not.toBe(await keyOf({}));
  });

  it("does not depend on why a machine was chosen", async () => {
    expect(await keyOf({ why: "it is faster" })).toBe(await keyOf({}));
  });
});

describe.each([
  ["this thread", { workers: 0 }],
  ["workers", { workers: 1, spawn }],
])("runs made on %s", (_, where) => {
  it.each(["wasm", "reference"] as const)(
    "by other kernels are other runs, and say so: %s",
    async (backend) => {
      const store = new MemoryStore();
      const options = { ...where, store, backend };
      const first = await sweep(spec, { ...options, kernels });
      const again = await sweep(spec, { ...options, kernels: others });
      const keys = [first, again].map(({ runs }) => runs.map(({ key }) => key));
      expect(new Set(keys.flat()).size).toBe(4);
      expect(again.resultsHash).toBe(first.resultsHash);
      for (const [result, used] of [
        [first, kernels],
        [again, others],
      ] as const) {
        for (const run of result.runs) {
          expect(run.backend.kernels).toBe(used.digest);
          expect(run.backend.flavour).toBe(backend === "wasm" ? used.flavour : "float64");
        }
      }
      expect((await sweep(spec, { ...options, kernels })).runs.map(({ key }) => key)).toEqual(
        keys[0],
      );
    },
  );
});
