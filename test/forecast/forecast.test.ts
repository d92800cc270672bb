import { describe, expect, test } from "vitest";
import { measuredBoundaries } from "../../ts/analysis/boundaries.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import type { ExperimentInput, ScheduleInput } from "../../ts/experiment/schema.js";
import { forecast } from "../../ts/forecast/forecast.js";
import { ShortRuns } from "../../ts/forecast/shortRuns.js";
import { GainProbe } from "../../ts/forecast/stepGain.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { recursionPrediction } from "../../ts/linear/linearPrediction.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { initialParameters } from "../../ts/train/parameters.js";
import { prepare } from "../../ts/train/prepare.js";

const kernels = await loadKernels();
const host = { kernels, backend: "wasm" } as const;
const data = {
  name: "gaussian-mixture",
  inputs: 40,
  classes: 5,
  train: 400,
  test: 0,
} as const;
const relu: ExperimentInput = {
  network: { layers: [48, 48] },
  noise: [{ sigma: 1 }],
  data,
  optimizer: { learningRate: 0.1, batchSize: 40 },
  epochs: 30,
};
const deep: ExperimentInput = {
  network: { layers: [32, 32, 32], activation: "relu" },
  noise: [{ sigma: 1, layer: 1, nodes: 3 }],
  data,
  optimizer: { learningRate: 0.05, batchSize: "full" },
  epochs: 300,
  seed: 5,
};

describe("a forecast", () => {
  test.each([
    ["of ReLU, small batches", relu],
    ["of a hidden layer with three nodes, full batch", deep],
  ])("%s has its boundaries where a sweep finds them, within 25 %", async (_, input) => {
    const { boundaries, method } = await forecast(input, host);
    expect(method).toBe("short runs");
    const { decay, catapult, divergent } = boundaries;
    if (!decay || !catapult || !divergent) throw new Error("a boundary was not found");
    for (const [name, { value, low, high }] of Object.entries({ decay, catapult })) {
      expect(low).toBeLessThan(value);
      expect(high).toBeGreaterThan(value);
      const about = [0.6, 0.75, 0.87, 1.15, 1.33, 1.67].map((factor) => factor * value);
      const spec = {
        ...input,
        record: { evaluateEvery: 100 },
        sweep: { "noise.0.sigma": about },
      };
      const { runs } = await sweep(spec, { ...host, workers: 0 });
      const found = measuredBoundaries(
        runs.map(({ phase, fields }) => ({ phase, sigma: Number(fields["noise.0.sigma"]) })),
      )[name as "decay"];
      if (found.measured === null) throw new Error(`the sweep does not cross ${name}`);
      expect(value / found.measured, name).toBeGreaterThan(0.75);
      expect(value / found.measured, name).toBeLessThan(1.25);
    }
  });

  test("takes less than a tenth of a sweep over 20 values, and a quick one less than a run", async () => {
    const long = { ...relu, epochs: 120 };
    const steps = async (effort: "sweep" | "run") =>
      (await forecast(long, { ...host, effort })).cost.steps;
    expect(await steps("sweep")).toBeLessThan(2 * 1200);
    expect(await steps("run")).toBeLessThan(1200);
  });

  test("does not depend on the experiment's own sigma, and is the same twice", async () => {
    const of = async (sigma: number) => {
      const { cost, ...found } = await forecast(
        { ...relu, epochs: 6, noise: [{ sigma }] },
        { ...host, effort: "run" },
      );
      return { ...found, steps: cost.steps };
    };
    expect(await of(0)).toEqual(await of(7));
  });

  test("is that of constant noise, and says so where the experiment has a schedule", async () => {
    const of = async (schedule?: ScheduleInput) => {
      const noise = [{ sigma: 1, schedule }];
      const { cost, ...found } = await forecast(
        { ...relu, epochs: 6, noise },
        { ...host, effort: "run" },
      );
      return { ...found, steps: cost.steps };
    };
    const { supposes, ...scheduled } = await of({ kind: "cosine" });
    expect(supposes).toBe("constant noise: without noise.0.schedule (cosine)");
    expect({ ...scheduled, supposes: null }).toEqual(await of());
  });

  test("of the linear model is its recursion's", async () => {
    const model = { width: 100, samples: 200, learningRate: 0.05, steps: 2000, sigma: 1 };
    const input = linearExperiment({ ...model, seed: 3 });
    const { boundaries, method, cost } = await forecast(input, host);
    const exact = recursionPrediction(parseExperiment(input), kernels);
    expect(method).toBe("recursion");
    expect(cost.gradientPasses).toBe(0);
    for (const name of ["decay", "catapult", "divergent"] as const) {
      expect(boundaries[name]).toMatchObject({ value: exact[name] });
    }
  });

  test("tells noise weights of saturating units that stay out from a catapult", async () => {
    const input: ExperimentInput = {
      network: { layers: [16], activation: "tanh", init: "lecun" },
      noise: [{ sigma: 1 }],
      data: { name: "gaussian-mixture", inputs: 20, classes: 4, train: 200, test: 0 },
      optimizer: { learningRate: 0.3, batchSize: "full" },
      epochs: 300,
    };
    const { boundaries, outward } = await forecast(input, host);
    expect(boundaries.catapult).toBe(null);
    if (!outward) throw new Error("no outward boundary was found");
    const about = [1.2, 1.5].map((factor) => factor * outward.value);
    const spec = { ...input, sweep: { "noise.0.sigma": about } };
    for (const { evidence } of (await sweep(spec, { ...host, workers: 0 })).runs) {
      expect(evidence.niwEnd).toBeGreaterThan(evidence.niwStart);
    }
  });

  test("of an experiment without noise groups is refused", async () => {
    await expect(forecast({ ...relu, noise: [] }, host)).rejects.toMatchObject({
      name: "InputError",
      field: "noise",
    });
  });

  test("ends with the signal's reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(forecast(relu, { ...host, signal })).rejects.toThrow("enough");
  });
});

test("short runs are the first updates of the run itself, to the bit", async () => {
  const prepared = await prepare({ ...relu, noise: [{ sigma: 6 }] }, host);
  const runs = new ShortRuns(prepared);
  const { trajectory } = await runs.at(6, 24);
  const { runs: swept } = await sweep(
    { ...relu, record: { dense: 64 }, sweep: { "noise.0.sigma": [6] } },
    { ...host, workers: 0 },
  );
  const { steps } = swept[0].trajectory;
  expect([...trajectory.steps.niwNorm]).toEqual([...steps.niwNorm.subarray(0, 24)]);
  expect([...trajectory.steps.loss]).toEqual([...steps.loss.subarray(0, 24)]);
  expect(runs.steps).toBe(24);
  prepared.dispose();
});

test("the gain by probe passes is what first steps do to the squared norm on average", async () => {
  // Full batches: no diffusion, and one step is the mean map, but for the draws of the noise.
  const input = { ...relu, optimizer: { learningRate: 0.1, batchSize: "full" } } as const;
  const sigma = 12;
  const prepared = await prepare({ ...input, noise: [{ sigma }] }, host);
  const probe = await GainProbe.open(prepared);
  const { gain, drift, diffusion } = await probe.at(sigma, 1);
  expect(gain).toBeCloseTo(1 + drift + diffusion, 12);
  const square = (values: Float64Array) => values.reduce((sum, w) => sum + w * w, 0);
  const start = square(initialParameters(prepared.plan.network, prepared.inputs).niw[0]);
  const { trajectory } = await new ShortRuns(prepared).at(sigma, 2);
  const measured = trajectory.steps.niwNorm[1] ** 2 / start;
  expect(Math.abs(gain - measured)).toBeLessThan(0.25 * Math.abs(measured - 1) + 0.02);
  prepared.dispose();
});
