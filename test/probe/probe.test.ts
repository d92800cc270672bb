import { describe, expect, test } from "vitest";
import { firstPassage } from "../../ts/analysis/timeScale.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { forecast } from "../../ts/forecast/forecast.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { linearStart } from "../../ts/linear/linearStart.js";
import { pathError } from "../../ts/probe/comparisons.js";
import { probe } from "../../ts/probe/probe.js";
import { Streams } from "../../ts/random/streams.js";
import { effectiveNiw, populationMoments, step } from "../../ts/theory/linear.js";

const kernels = await loadKernels();
const data = { name: "gaussian-mixture", inputs: 40, classes: 6, train: 1200, test: 200 } as const;

describe.each([
  ["tanh", 0.5],
  ["relu", 1.5],
] as const)("a probed %s network", (activation, sigma) => {
  const run = probe(
    {
      network: { layers: [32, 32], activation, init: activation === "tanh" ? "lecun" : "he" },
      noise: [{ nodes: 16, sigma }],
      data,
      optimizer: { learningRate: 0.1, batchSize: 60 },
      epochs: 12,
    },
    { kernels, repeats: 12 },
  );

  test("reads its curvature by the antithetic pass", async () => {
    const { moments } = await run;
    for (const { smoothed, smoothedError, pointwise, antithetic } of moments) {
      const error = Math.hypot(antithetic.error, smoothedError);
      expect(Math.abs(antithetic.value - smoothed)).toBeLessThan(
        Math.max(5 * error, 0.03 * smoothed),
      );
      expect(antithetic.error).toBeLessThan(0.2 * pointwise);
    }
    // The noise sees kinks, which the pointwise curvature does not.
    const last = moments[moments.length - 1];
    const ratio = last.antithetic.value / last.pointwise;
    if (activation === "relu")
      expect(Math.abs(ratio - 1)).toBeGreaterThan((5 * last.antithetic.error) / last.pointwise);
  });

  test("has noise weights of the norm that was predicted on the way", async () => {
    const { moments, predictedNorm, comparisons } = await run;
    expect(pathError(moments, predictedNorm!.norm)).toBeLessThan(0.01);
    for (const { what, verdict } of comparisons) expect(verdict, what).not.toBe("outside");
  });
});

describe("a probed linear model is predicted by its exact reduction", () => {
  const model = { width: 100, samples: 200, learningRate: 0.05, steps: 500, seed: 0 };
  test.each([
    [0.05, "decoupled"],
    [0.3, "decay"],
    [5.5, "catapult"],
    [8, "divergent"],
  ] as const)("sigma %d", async (sigma, phase) => {
    const found = await probe(linearExperiment({ ...model, sigma }), { kernels, moments: 5 });
    expect(found.phase).toBe(phase);
    for (const { what, verdict } of found.comparisons) expect(verdict, what).not.toBe("outside");
    const [first, time, path] = found.comparisons;
    expect(first).toMatchObject({ predicted: phase, verdict: "within" });
    if (phase === "decay") expect(time.verdict).toBe("within");
    // Until float32 tells, the network's run is the recursion's.
    expect(path.what).toMatch(/exact recursion/);
    expect((path.measured as { value: number }).value).toBeLessThan(1e-3);
    const { decay, catapult, divergent } = found.boundaries;
    expect(decay!.value).toBeLessThan(catapult!.value);
    expect(catapult!.value).toBeLessThan(divergent!.value);
    const { leading } = found.linear!;
    expect(leading.divergent / leading.catapult).toBeCloseTo(Math.SQRT2, 12);
    expect(found.forecast).toBe(null);
  });
});

describe("what a probe foretells of a network", () => {
  const network = {
    network: { layers: [24, 24] },
    noise: [{ sigma: 2 }],
    data,
    optimizer: { learningRate: 0.1, batchSize: 60 },
    epochs: 6,
  };

  test("its boundaries are those of a quick forecast, or of the one that it is given", async () => {
    const host = { kernels, backend: "wasm" } as const;
    const { boundaries, forecast: own } = await probe(network, { ...host, moments: 1 });
    const { cost, ...quick } = await forecast(network, { ...host, effort: "run" });
    expect(own).toMatchObject(quick);
    const { divergent } = quick.boundaries;
    expect(boundaries.divergent!.value).toBe(divergent!.value);
    expect(boundaries.divergent!.error).toBeCloseTo((divergent!.high - divergent!.low) / 3.92, 12);
    const noise = [{ sigma: 1.3 * divergent!.high }];
    const given = { ...quick, cost };
    const other = await probe({ ...network, noise }, { ...host, forecast: given, moments: 1 });
    expect(other.forecast).toBe(given);
    const [phase] = other.comparisons;
    expect(phase).toMatchObject({
      predicted: "divergent",
      measured: "divergent",
      verdict: "within",
    });
    const none = await probe(network, { ...host, forecast: null, moments: 1 });
    const { decay, catapult } = none.prediction;
    expect(none).toMatchObject({
      forecast: null,
      boundaries: { decay, catapult, divergent: null },
    });
  });

  test("has a decay spectrum: each direction's own time", async () => {
    const { prediction } = await probe(network, { kernels, moments: 1 });
    const { modes } = prediction;
    expect(modes.length).toBe(16);
    for (const { curvature, share, tau } of modes) {
      expect(share).toBeGreaterThanOrEqual(0);
      if (curvature > 0)
        expect(Math.abs(1 - 0.1 * 4 * curvature)).toBeCloseTo(Math.exp(-1 / tau!), 12);
      else expect(tau).toBe(null);
    }
  });

  test.each<[string, ExperimentInput]>([
    ["momentum", { optimizer: { ...network.optimizer, momentum: 0.9 } }],
    [
      "a penalty that moves the noise weights",
      {
        network: { ...network.network, activation: "tanh" },
        regularization: { jacobian: 0.001 },
      },
    ],
  ])(
    "it does not judge a run with %s, nor readings without an error of their own",
    async (_, more) => {
      const { comparisons } = await probe({ ...network, ...more }, { kernels, repeats: 1 });
      const verdicts = comparisons.map(({ verdict }) => verdict);
      expect(verdicts.slice(0, 2)).toEqual(["not told", "not told"]);
      const passes = comparisons.filter(({ what }) => /antithetic/.test(what));
      for (const { verdict } of passes) expect(verdict).toBe("not told");
    },
  );

  test("it looks when it is told to", async () => {
    const { moments } = await probe(network, { kernels, at: [3, 50, 1000] });
    expect(moments.map(({ step }) => step)).toEqual([0, 3, 50, 120]);
  });

  test("has time scales of all four curves, though losses fall within an epoch", async () => {
    const { timeScales } = await probe({ ...network, epochs: 30 }, { kernels, moments: 1 });
    for (const name of ["niw", "loss", "unperturbedLoss", "testLoss"] as const) {
      expect(timeScales[name].tau, `${name}: ${timeScales[name].refused}`).toBeGreaterThan(0);
    }
  });
});

test("the linear model's noise weight falls in the time that population theory tells", async () => {
  const seeds = [0, 1, 2, 3, 4, 5, 6, 7];
  for (const kappa of [0.02, 0.1]) {
    const ratios = [];
    for (const seed of seeds) {
      const model = { width: 200, samples: 400, learningRate: 0.05, steps: 400, seed };
      // lambda is about 2 in this parametrisation: sigma for the wanted kappa.
      const sigma = Math.sqrt(kappa / (0.05 * 2));
      const experiment = linearExperiment({ ...model, sigma });
      const { state: start, alpha, inputs } = linearStart(experiment, new Streams(kernels, seed));
      const population = populationMoments([1], 1, sigma, 1);
      const predicted: number[] = [];
      let state = start;
      for (let t = 0; t < 400; t++) {
        predicted.push(Math.abs(effectiveNiw(state, inputs, alpha)[0]));
        state = step(state, population, 0.05, alpha);
      }
      const { trajectory } = await train(experiment, { kernels });
      const time = (y: ArrayLike<number>) =>
        firstPassage(
          Array.from(y, (_, i) => i),
          y,
        ) as number;
      ratios.push(time(trajectory.steps.effectiveNiw) / time(predicted));
    }
    // The median: a start that is small by chance first grows, and takes its own time.
    ratios.sort((a, b) => a - b);
    const median = (ratios[3] + ratios[4]) / 2;
    // A step's noise has a mean square that scatters by sqrt(2 / samples); a fall takes some 1 / kappa of them.
    const scatter = 1.25 * Math.sqrt(((2 / 400) * kappa) / seeds.length);
    expect(Math.abs(Math.log(median))).toBeLessThan(5 * scatter);
  }
});
