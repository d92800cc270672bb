import { expect, test } from "vitest";
import { sweepFigures } from "../../ts/cli/sweep/figures.js";
import { sweep } from "../../ts/entries/browser.js";
import type { SweptRun } from "../../ts/sweep/sweepResult.js";

test("a sweep over sigma has a figure of the dose, with a panel for each of five strengths", async () => {
  const result = await sweep(
    {
      network: { layers: [8] },
      data: { name: "gaussian-mixture", inputs: 4, classes: 2, train: 40, test: 0 },
      optimizer: { batchSize: 10 },
      epochs: 5,
      sweep: { "noise.0.sigma": [0.5, 1, 1.5, 2, 3, 4, 5] },
    },
    { backend: "wasm" },
  );
  const { dose } = await sweepFigures(result, async (run) => (run as SweptRun).trajectory);
  expect(dose).toContain("The dose that the noise nodes paid");
  expect(dose).not.toMatch(/NaN|undefined/);
  for (const sigma of [0.5, 1.5, 2, 4, 5]) expect(dose).toContain(`sigma ${sigma}`);
});
