import { describe, expect, test } from "vitest";
import { train } from "../../ts/entries/browser.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import type { Forecast } from "../../ts/forecast/forecastResult.js";
import { NINR_NODES, ninr, ninrSigma } from "../../ts/forecast/ninr.js";
import { loadKernels } from "../../ts/kernels/kernels.js";

const kernels = await loadKernels();
const options = { kernels, backend: "wasm" } as const;

const input: ExperimentInput = {
  network: { layers: [32, 32] },
  data: { name: "gaussian-mixture", inputs: 20, classes: 4, separation: 2, train: 500, test: 100 },
  optimizer: { batchSize: 50, learningRate: 0.1 },
  epochs: 60,
};

describe("noise nodes as a regulariser", () => {
  test.each(["ninr", "ninr-full"] as const)("%s runs deep in the decay phase", async (preset) => {
    const { experiment, sigma, forecast, why } = await ninr(input, { ...options, preset });
    const layers = experiment.noise.map(({ layer }) => layer);
    expect(layers).toEqual(preset === "ninr" ? [0] : [0, 1]);
    for (const group of experiment.noise) expect(group).toMatchObject({ nodes: NINR_NODES, sigma });
    expect(why).not.toBe("");
    const { decay, catapult } = forecast.boundaries;
    expect(sigma).toBeGreaterThan(decay?.value ?? Number.NaN);
    expect(sigma).toBeLessThan(catapult?.low ?? Number.POSITIVE_INFINITY);
    const { evidence, dose } = await train(experiment, { kernels, backend: "wasm" });
    expect(evidence.phase).toBe("decay");
    expect(evidence.memoryEnd).toBeLessThan(0.25);
    expect(dose?.paid).toBeGreaterThan(0);
  });

  test("take nodes, distribution and scale from the experiment, layer and sigma from the preset", async () => {
    const own = { layer: 2, nodes: 3, sigma: 99, distribution: "uniform", scale: 0.5 } as const;
    const { experiment, sigma } = await ninr({ ...input, noise: [own] }, options);
    expect(experiment.noise).toHaveLength(1);
    expect(experiment.noise[0]).toMatchObject({ ...own, layer: 0, sigma });
  });

  test("of no preset are refused", async () => {
    const preset = "ninr-half" as "ninr";
    await expect(ninr(input, { ...options, preset })).rejects.toMatchObject({ field: "preset" });
  });
});

describe("the rule for sigma", () => {
  const at = (value: number, width = 1.1) => ({ value, low: value / width, high: value * width });
  const none = { outward: null, gains: [], memories: [], supposes: null } as const;
  const cost = { steps: 0, seconds: 0, gradientPasses: 0 };
  const found = (boundaries: Forecast["boundaries"], outward: Forecast["outward"] = null) =>
    ninrSigma({ ...none, method: "short runs", outward, cost, boundaries });

  test("is half way from the decay to the catapult", () => {
    const { sigma } = found({ decay: at(2), catapult: at(18), divergent: at(40) });
    expect(sigma).toBeCloseTo(6, 12);
  });

  test("stays below the catapult's interval", () => {
    const { sigma } = found({ decay: at(2), catapult: at(6, 2), divergent: null });
    expect(sigma).toBeCloseTo(0.8 * 3, 12);
  });

  test("stays below the next boundary there is", () => {
    const outward = at(8);
    expect(found({ decay: at(2), catapult: null, divergent: at(50) }, outward).sigma).toBeCloseTo(
      4,
    );
    expect(found({ decay: at(2), catapult: null, divergent: at(50) }).sigma).toBeCloseTo(10);
    expect(found({ decay: at(2), catapult: null, divergent: null }).sigma).toBeCloseTo(6);
  });

  test("needs room between the two", () => {
    const boundaries = { decay: at(2), catapult: at(3, 1.3), divergent: null };
    expect(() => found(boundaries)).toThrow(/no sigma deep in the decay phase/);
  });

  test("needs a decay", () => {
    expect(() => found({ decay: null, catapult: at(3), divergent: null })).toThrow(
      /no decay phase/,
    );
  });
});
