import { beforeAll, describe, expect, test } from "vitest";
import { PHASES, type Phase } from "../../../ts/analysis/phase.js";
import { checkSet } from "../../../ts/data/node/inventory.js";
import { locate } from "../../../ts/data/node/locate.js";
import { sweep, train } from "../../../ts/entries/node/node.js";
import { threads } from "../../support/worker.js";

const folder = await locate("fashion-mnist");
if (!folder && process.env.CI) throw new Error("Fashion-MNIST is not on this machine");

/** Skipped, with the reason, where the images are not to be had. */
const withImages = describe.skipIf(!folder);

withImages("Fashion-MNIST", () => {
  test("is the published one", async () => {
    const checks = await checkSet("fashion-mnist", folder as string);
    expect(checks.map(({ state }) => state)).toEqual(["whole", "whole", "whole", "whole"]);
  });

  test("all 60,000 images cost their 47 MB: they stay bytes up to the machine", async () => {
    const { loadDataset, parseExperiment } = await import("../../../ts/entries/node/node.js");
    const { planOf } = await import("../../../ts/train/plan.js");
    const { lower } = await import("../../../ts/program/lower.js");
    const experiment = parseExperiment({
      data: { name: "fashion-mnist", train: 60000, test: 10000 },
      network: { layers: [16] },
    });
    const data = await loadDataset(experiment.data);
    expect(data.train.inputs).toBeInstanceOf(Uint8Array);
    expect(data.train.inputs.byteLength).toBe(60000 * 784);
    // Published: 6,000 images a class.
    const counts = new Array(10).fill(0);
    for (const label of data.train.targets) counts[label]++;
    expect(counts).toEqual(new Array(10).fill(6000));
    const { program } = lower(planOf(experiment, data));
    expect(program.buffers["train.inputs"]).toMatchObject({ type: "byte", length: 60000 * 784 });
    const floats = Object.values(program.buffers).reduce(
      (sum, { type, length }) => sum + (type === "float" ? 4 * length : 0),
      0,
    );
    expect(floats).toBeLessThan(10e6);
  });

  describe("a ReLU network with three hidden layers, against sigma", () => {
    // Each well within its phase: the boundaries are near 4, 30 and 45.
    const sigmas = [0.5, 10, 36, 100];
    let phases: readonly Phase[];
    beforeAll(async () => {
      const { spawn } = await threads();
      const { runs } = await sweep(
        {
          network: { layers: [128, 128, 128], activation: "relu", loss: "cross-entropy" },
          noise: [{ layer: 0, nodes: 1 }],
          data: { name: "fashion-mnist", train: 2000, test: 0 },
          optimizer: { learningRate: 0.1, batchSize: 100 },
          epochs: 50,
          record: { evaluateEvery: 10 },
          sweep: { "noise.0.sigma": sigmas },
        },
        { spawn, workers: 2 },
      );
      phases = runs.map(({ phase }) => phase);
    }, 180_000);

    test("passes through the four phases in order", () => {
      const ranks = phases.map((phase) => PHASES.indexOf(phase as (typeof PHASES)[number]));
      expect(ranks, `${phases}`).toEqual([...ranks].sort((a, b) => a - b));
      expect([...new Set(phases)]).toEqual([...PHASES]);
    });
  });

  test("a small network learns it", async () => {
    const { final } = await train({
      network: { layers: [64] },
      noise: [],
      data: { name: "fashion-mnist", train: 2000, test: 1000 },
      epochs: 10,
    });
    expect(final.trainAccuracy).toBeGreaterThan(0.85);
    expect(final.testAccuracy).toBeGreaterThan(0.75);
  });
});
