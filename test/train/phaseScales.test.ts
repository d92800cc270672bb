import { describe, expect, test } from "vitest";
import { type ExperimentInput, linearExperiment, train } from "../../ts/entries/browser.js";

const TAME: ExperimentInput = {
  network: { layers: [12] },
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 60, test: 0 },
  optimizer: { batchSize: 20, learningRate: 0.05 },
  epochs: 6,
  seed: 1,
};

/** A learning rate at which squared errors explode, whatever the noise. */
const WILD: ExperimentInput = {
  ...TAME,
  network: { layers: [12], activation: "tanh", loss: "mse" },
  optimizer: { batchSize: 20, learningRate: 6 },
};

const SILENT: readonly [string, Pick<ExperimentInput, "noise">][] = [
  ["no noise group", { noise: [] }],
  ["a group of sigma 0", { noise: [{ sigma: 0 }] }],
  ["a group whose weights are 0", { noise: [{ sigma: 2, scale: 0 }] }],
  ["two groups, one of either kind", { noise: [{ sigma: 0 }, { sigma: 2, scale: 0 }] }],
];

describe("a run without noise weights that noise drives", () => {
  test.each(SILENT)("%s: the loss alone is judged", async (_, noise) => {
    const tame = await train({ ...TAME, ...noise });
    expect(tame.evidence).toMatchObject({ phase: "decoupled", measure: "loss" });
    expect(tame.evidence.reason).toContain("the loss alone");
    expect(tame.evidence.margin).toBeLessThan(10);

    const wild = await train({ ...WILD, ...noise });
    expect(wild.evidence.lossOvershoot).toBeGreaterThan(2);
    expect(wild.evidence).toMatchObject({ phase: "divergent", measure: "loss" });
    expect(wild.evidence.reason).toContain("the loss alone");
  });

  test("the linear model too", async () => {
    const settings = { width: 20, samples: 30, learningRate: 0.05, steps: 100, seed: 3 } as const;
    const { evidence } = await train(linearExperiment({ ...settings, mode: "fresh", sigma: 0 }));
    expect(evidence).toMatchObject({ phase: "decoupled", measure: "loss" });
  });

  test("beside one that is driven they have no say", async () => {
    const long = { ...TAME, epochs: 60 };
    const alone = await train({ ...long, noise: [{ sigma: 5 }] });
    const beside = await train({ ...long, noise: [{ sigma: 5 }, { sigma: 0, nodes: 30 }] });
    const { phase, niwStart, niwEnd, memoryEnd } = alone.evidence;
    expect(memoryEnd).toBeLessThan(0.7);
    expect(beside.evidence).toMatchObject({ phase, measure: "memory" });
    expect(beside.evidence.memoryEnd).toBeCloseTo(memoryEnd, 9);
    expect(beside.evidence.niwStart).toBeCloseTo(niwStart, 9);
    expect(beside.evidence.niwEnd).toBeCloseTo(niwEnd, 9);
    expect(beside.final.memory).toBeGreaterThan(0.95);
  });
});
