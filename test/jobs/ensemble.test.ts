import { describe, expect, test } from "vitest";
import { dawn } from "../../ts/backend/node/dawn.js";
import { referenceMachine } from "../../ts/backend/reference.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { webgpuMachine } from "../../ts/backend/webgpu/webgpu.js";
import { gamma } from "../../ts/check/verify/roundings.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { runEnsemble } from "../../ts/jobs/ensembleTraining.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { prepare } from "../../ts/train/prepare.js";
import { runTraining, type TrainerResult } from "../../ts/train/trainer.js";
import { testGpu } from "../gpu.js";

const kernels = await loadKernels();
const gpu = await testGpu();
const SIGMAS = [0.1, 1, 3, 1e4, 0];
const base: ExperimentInput & { noise: NonNullable<ExperimentInput["noise"]> } = {
  network: { layers: [9, 7], activation: "tanh" },
  noise: [{ layer: 0, nodes: 2, mode: "fixed" }, { layer: 1 }],
  data: { name: "gaussian-mixture", inputs: 5, classes: 3, train: 60, test: 20 },
  optimizer: { batchSize: 10, momentum: 0.5, weightDecay: 0.01 },
  epochs: 12,
  stop: { trainAccuracy: 0.6 },
};

const experiments = SIGMAS.map((sigma) =>
  parseExperiment({ ...base, noise: base.noise.map((group) => ({ ...group, sigma })) }),
);
const first = await prepare(experiments[0], { kernels });
const members = experiments.map((experiment) => ({ setup: first.variant(experiment) }));

const numbers = ({ trajectory, weights, steps }: TrainerResult) => ({
  trajectory,
  weights,
  steps,
});

test.each([
  ["reference", referenceMachine()],
  ["wasm", wasmMachine(kernels)],
])("on %s an ensemble's runs are bit for bit those made alone", async (_, machine) => {
  const together = await runEnsemble(machine, members);
  const lengths: number[] = [];
  for (const [r, { setup }] of members.entries()) {
    const alone = await runTraining(machine, setup);
    const own = together[r];
    if (own.status === "rejected") throw own.reason;
    expect(numbers(own.value)).toEqual(numbers(alone));
    lengths.push(alone.steps);
  }
  // Some have reached their aim, the first among them, while others went on.
  expect(lengths[0]).toBeLessThan(Math.max(...lengths));
});

test("one that is stopped leaves the others as they were", async () => {
  const stop = new AbortController();
  const onRecord = () => stop.abort(new Error("enough"));
  const some = members.map((member, r) =>
    r === 0 ? { ...member, hooks: { signal: stop.signal, onRecord } } : member,
  );
  const machine = wasmMachine(kernels);
  const [first, ...rest] = await runEnsemble(machine, some);
  expect(first.status).toBe("rejected");
  for (const [r, own] of rest.entries()) {
    const { setup } = members[r + 1];
    const alone = await runTraining(machine, setup);
    if (own.status === "rejected") throw own.reason;
    expect(numbers(own.value)).toEqual(numbers(alone));
  }
});

describe.skipIf("none" in gpu)("on the GPU", () => {
  test("an ensemble's runs are those made alone, but for the order of their sums", async () => {
    if ("none" in gpu) return;
    const machine = webgpuMachine(gpu);
    // Each of the 72 steps rounds sums of at most 60 numbers, twice; parameters are of order 1.
    const bound = 2 * 72 * gamma(60);
    const together = await runEnsemble(machine, members);
    for (const [r, { setup }] of members.entries()) {
      const alone = await runTraining(machine, setup);
      const own = together[r];
      if (own.status === "rejected") throw own.reason;
      expect(own.value.steps).toBe(alone.steps);
      own.value.weights.forEach((values, l) => {
        values.forEach((value, i) => {
          if (Number.isFinite(value))
            expect(Math.abs(value - alone.weights[l][i])).toBeLessThan(bound);
        });
      });
    }
  });

  test("a sweep has the phases that it has on the CPU", async () => {
    const input = { ...base, sweep: { "noise.0.sigma": SIGMAS, seed: [0, 1] } };
    const options = { kernels, workers: 0, gpu: { source: dawn } };
    const phases = async (backend: "wasm" | "webgpu") =>
      (await sweep(input, { ...options, backend })).runs.map(({ phase }) => phase);
    const found = await phases("webgpu");
    expect(found).toHaveLength(10);
    expect(found).toEqual(await phases("wasm"));
  });
});
