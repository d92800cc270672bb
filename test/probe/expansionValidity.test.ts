import { expect, test } from "vitest";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { validity, validUntil } from "../../ts/probe/expansionValidity.js";

const experiment: ExperimentInput = {
  network: { layers: [10, 10], activation: "tanh", init: "lecun" },
  noise: [{ nodes: 2, sigma: 1 }],
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 60, test: 0 },
  optimizer: { batchSize: 20, learningRate: 0.05 },
  epochs: 4,
};

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

test("the error goes as the square of sigma while it is small, for each distribution", async () => {
  // The first order of the gradient is of order sigma, what is missed of order sigma^3.
  const [low, high] = [0.05, 0.2];
  const cells = await validity(experiment, { sigmas: [low, high], backend: "wasm" });
  for (const distribution of ["normal", "uniform", "rademacher"] as const) {
    const at = (sigma: number) =>
      median(
        cells
          .filter((cell) => cell.distribution === distribution && cell.sigma === sigma)
          .map(({ error }) => error),
      );
    const slope = Math.log(at(high) / at(low)) / Math.log(high / low);
    expect(slope, distribution).toBeGreaterThan(1.8);
    expect(slope, distribution).toBeLessThan(2.2);
  }
});

test("a run is looked at from its start, never after its end, and again to the same numbers", async () => {
  const options = { sigmas: [1], distributions: ["uniform"], backend: "wasm", moments: 2 } as const;
  const cells = await validity(experiment, options);
  expect(cells[0].epoch).toBe(0);
  expect(Math.max(...cells.map(({ epoch }) => epoch))).toBeLessThan(4);
  expect(await validity(experiment, options)).toEqual(cells);
});

test("it asks for noise", async () => {
  await expect(validity({ ...experiment, noise: [] }, { sigmas: [1] })).rejects.toThrow(
    "noise is empty",
  );
});

test("where it holds is said up to the first sigma at which it does not", () => {
  const cells = [0.01, 0.02, 0.5, 0.05].map((error, i) => ({
    distribution: "normal" as const,
    sigma: i + 1,
    epoch: 0,
    error,
  }));
  expect(validUntil(cells, 0.1)).toBe(2);
  expect(validUntil(cells, 0.001)).toBe(null);
});
