import { describe, expect, it } from "vitest";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { LocalRunner } from "../../ts/jobs/localRunner.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { decodeCheckpoint, encodeCheckpoint } from "../../ts/store/checkpointFile.js";
import type { Checkpoint } from "../../ts/train/checkpoint.js";

const kernels = await loadKernels();
const runner = new LocalRunner(kernels);

const base: ExperimentInput = {
  network: { layers: [20, 20] },
  data: { name: "gaussian-mixture", inputs: 10, classes: 3, train: 60, test: 20 },
  optimizer: { batchSize: 10 },
  epochs: 7,
  record: { dense: 9, every: 4, evaluateEvery: 2 },
};

const cases: Record<string, ExperimentInput> = {
  "plain, fresh noise": base,
  "momentum and decay": {
    ...base,
    optimizer: { batchSize: 10, momentum: 0.9, weightDecay: 1e-3, learningRate: 0.02 },
  },
  "fixed noise": { ...base, noise: [{ mode: "fixed", nodes: 2, sigma: 2 }] },
  "a run that diverges": { ...base, noise: [{ sigma: 1e6 }] },
  "a run that stops early": { ...base, epochs: 400, stop: { trainAccuracy: 0.9 } },
  "early evaluations": { ...base, record: { ...base.record, evaluateEarly: 20 } },
  "a run that stops at an early one": {
    ...base,
    record: { evaluateEarly: 100 },
    stop: { trainAccuracy: 0.95 },
  },
  "the linear model": {
    network: { layers: [10], activation: "linear", loss: "mse", bias: false, init: "ntk" },
    data: { name: "linear-regression", train: 20 },
    optimizer: { batchSize: "full", learningRate: 0.05 },
    steps: 40,
  },
};

describe("a run resumed from any of its checkpoints is the run that was never interrupted", () => {
  it.each(Object.entries(cases))("%s", async (_, input) => {
    const job = {
      key: "",
      experiment: parseExperiment(input),
      backend: "auto",
      data: null,
    } as const;
    const saved: Checkpoint[] = [];
    const whole = await runner.run(job, {
      checkpoints: { every: 0, save: (checkpoint) => void saved.push(checkpoint) },
    });
    expect(saved.length).toBeGreaterThan(0);
    for (const checkpoint of saved) {
      const from = decodeCheckpoint("key", encodeCheckpoint("key", checkpoint), "file");
      const { timing: _, ...resumed } = await runner.run(job, { checkpoints: { from } });
      const { timing: __, ...want } = whole;
      expect(resumed, `from step ${checkpoint.step}`).toEqual(want);
    }
  });
});

it("a run goes on from a checkpoint with 150,000 recorded steps and as many evaluations", async () => {
  const done = 150_000;
  const experiment = parseExperiment({
    ...base,
    ...{ epochs: undefined, steps: done + 12 },
    optimizer: { batchSize: "full" },
    record: { dense: done + 12, evaluateEvery: 1 },
  });
  const job = { key: "", experiment, backend: "auto", data: null } as const;
  const saved: Checkpoint[] = [];
  const first = { ...job, experiment: { ...experiment, steps: 12 } };
  await runner.run(first, {
    checkpoints: { every: 0, save: (checkpoint) => void saved.push(checkpoint) },
  });
  const counted = Float64Array.from({ length: done }, (_, i) => i);
  const falling = counted.map((i) => 2 ** (-i / done));
  const evaluated = Float64Array.from({ length: done + 1 }, (_, i) => i);
  const low = evaluated.map((i) => 2 ** (-i / done));
  const none = new Float64Array(0);
  const trajectory = {
    steps: {
      ...{ step: counted, loss: falling, niwNorm: falling, memory: falling, kick: falling },
      ...{ effectiveNiw: none, kappa: none, dosePaid: falling, doseBudget: falling },
    },
    evaluations: {
      ...{ step: evaluated, epoch: evaluated, unperturbedLoss: low },
      ...{ trainAccuracy: low, testLoss: low, testAccuracy: low },
      ...{ niwNorm: low, memory: low, effectiveNiw: low, dosePaid: low, doseBudget: low },
    },
  };
  const from = { ...saved[0], step: done, trajectory };
  const { trajectory: found, evidence } = await runner.run(job, { checkpoints: { from } });
  expect(found.steps.step).toHaveLength(done + 12);
  expect(found.steps.loss.subarray(0, done)).toEqual(falling);
  expect(found.evaluations.niwNorm.subarray(0, done + 1)).toEqual(low);
  expect(found.evaluations.step[found.evaluations.step.length - 1]).toBe(done + 12);
  expect(evidence.niwStart).toBe(1);
});
