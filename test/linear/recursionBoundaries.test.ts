import { expect, test } from "vitest";
import { measuredBoundaries } from "../../ts/analysis/boundaries.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import { logRange } from "../../ts/experiment/range.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { runLinearEnsemble } from "../../ts/linear/linearEnsemble.js";
import { linearPrediction, recursionPrediction } from "../../ts/linear/linearPrediction.js";

const kernels = await loadKernels();

test("the linear model's boundaries are where the recursion in population puts them, within 3 %", async () => {
  const model = { width: 100, samples: 200, learningRate: 0.05, steps: 2000, sigma: 1 };
  const seeds = Array.from({ length: 20 }, (_, i) => i);
  const ranges = { decay: "0.04:0.15:120", catapult: "3.5:6.5:120", divergent: "4.5:9:120" };
  const predicted = seeds.map((seed) =>
    recursionPrediction(linearExperiment({ ...model, seed }), kernels),
  );
  for (const name of ["decay", "catapult", "divergent"] as const) {
    const cells = await runLinearEnsemble(
      {
        experiment: linearExperiment({ ...model, seed: 0 }),
        sigmas: logRange("sigma", ranges[name]),
        learningRates: [model.learningRate],
        seeds,
      },
      { kernels },
    );
    // Seed by seed: each has its own lambda.
    const ratios = seeds.flatMap((seed, i) => {
      const own = measuredBoundaries(cells.filter((cell) => cell.seed === seed));
      const { measured } = own[name];
      return measured === null ? [] : [Math.log(measured / predicted[i][name])];
    });
    expect(ratios.length).toBeGreaterThan(17);
    const mean = ratios.reduce((sum, r) => sum + r, 0) / ratios.length;
    expect(Math.abs(mean), name).toBeLessThan(0.03);
    // A single run is off by what the noise of a batch of 200 scatters by, 5 % of sigma a step.
    const deviation = Math.sqrt(
      ratios.reduce((sum, r) => sum + (r - mean) ** 2, 0) / ratios.length,
    );
    expect(deviation, name).toBeLessThan(0.05);
  }
});

test("and in the limit of great width where kappa is 2 and 4", async () => {
  const off = async (width: number) => {
    const model = { width, samples: 50, learningRate: 0.05, steps: 300, sigma: 1 };
    const all: number[] = [];
    for (const seed of [0, 1, 2, 3, 4, 5]) {
      const experiment = linearExperiment({ ...model, seed });
      const exact = recursionPrediction(experiment, kernels);
      const leading = await linearPrediction([experiment], kernels);
      all.push(Math.log(exact.catapult / leading.catapult));
    }
    return Math.sqrt(all.reduce((sum, r) => sum + r * r, 0) / all.length);
  };
  const wide = await off(20_000);
  expect(wide).toBeLessThan(0.02);
  expect(await off(100)).toBeGreaterThan(2 * wide);
});
