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
