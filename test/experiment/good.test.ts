import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExperimentInput, loadKernels, train } from "../../ts/entries/browser.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { fieldAt, parseValue, withField } from "../../ts/experiment/paths.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import { logRange, sweepValues } from "../../ts/experiment/range.js";
import { firstSigma, sweepPlan, sweepRuns } from "../../ts/experiment/sweep.js";
import { valid } from "./arbitrary.js";

describe("an experiment", () => {
  test("with every field left out is a sensible run", async () => {
    const { phase, final, experiment } = await train({});
    expect(experiment.noise).toHaveLength(1);
    expect(phase).not.toBe("unclassified");
    expect(final.trainAccuracy).toBeGreaterThan(0.9);
  });

  test("filled in stays what it is, through JSON too", () => {
    fc.assert(
      fc.property(valid, (input) => {
        const experiment = parseExperiment(input);
        expect(parseExperiment(experiment)).toEqual(experiment);
        expect(parseExperiment(JSON.parse(JSON.stringify(experiment)))).toEqual(experiment);
      }),
      { numRuns: 500 },
    );
  });

  test("keeps every value that it was given", () => {
    const leaves = (node: unknown, path: string[] = []): [string, unknown][] =>
      typeof node === "object" && node !== null
        ? Object.entries(node).flatMap(([key, value]) => leaves(value, [...path, key]))
        : [[path.join("."), node]];
    fc.assert(
      fc.property(valid, (input) => {
        const experiment = parseExperiment(input);
        for (const [path, value] of leaves(input)) expect(fieldAt(experiment, path)).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  test("that is sound runs, whatever it says", async () => {
    const kernels = await loadKernels();
    await fc.assert(
      fc.asyncProperty(valid, async (input) => {
        const { trajectory, experiment, timing } = await train({ ...input, steps: 5 }, { kernels });
        expect(experiment.steps).toBe(5);
        expect(timing.steps).toBeLessThanOrEqual(5);
        expect(trajectory.steps.loss.length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
  });

  test("may put a noise group on several layers, each with its own group", () => {
    const network = { layers: [5, 4, 3] };
    const layersOf = (noise: ExperimentInput["noise"]) =>
      parseExperiment({ network, noise }).noise.map(({ layer, nodes }) => [layer, nodes]);
    expect(layersOf([{ layer: "hidden", nodes: 2 }, { layer: 3 }])).toEqual([
      ...[0, 1, 2].map((layer) => [layer, 2]),
      [3, 1],
    ]);
    expect(layersOf([{ layer: [3, 0] }])).toEqual([
      [3, 1],
      [0, 1],
    ]);
    const swept = sweepRuns({
      network,
      noise: [{ layer: "hidden" }],
      sweep: { "noise.0.sigma": [1, 2] },
    });
    expect(swept.map(({ experiment }) => experiment.noise.map(({ sigma }) => sigma))).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
  });

  test("may say something of its data without naming it", () => {
    expect(parseExperiment({ data: { train: 30 } as never }).data).toMatchObject({
      name: "gaussian-mixture",
      train: 30,
    });
  });

  test("does not alter what it was given", () => {
    const input = Object.freeze({ noise: Object.freeze([Object.freeze({ sigma: 2 })]) });
    parseExperiment(input);
    expect(input).toEqual({ noise: [{ sigma: 2 }] });
  });

  test("of the linear model is the theory's", () => {
    const experiment = linearExperiment({
      width: 9,
      samples: 5,
      learningRate: 0.1,
      steps: 7,
      sigma: 3,
      seed: 1,
    });
    expect(experiment).toMatchObject({
      network: { layers: [9], activation: "linear", loss: "mse", bias: false, init: "ntk" },
      noise: [{ layer: 0, nodes: 1, sigma: 3, mode: "fresh", distribution: "normal" }],
      data: { name: "linear-regression", inputs: 1, train: 5, slope: 1 },
      optimizer: { learningRate: 0.1, batchSize: "full" },
      steps: 7,
    });
  });
});

describe("fields by their paths", () => {
  test("set and read, made where they are missing, others untouched", () => {
    const base = { noise: [{ sigma: 1 }], seed: 4 };
    expect(withField(base, "noise.0.sigma", 5)).toEqual({ noise: [{ sigma: 5 }], seed: 4 });
    expect(withField(base, "noise.1.nodes", 2)).toEqual({
      noise: [{ sigma: 1 }, { nodes: 2 }],
      seed: 4,
    });
    expect(withField({}, "noise.0.sigma", 5)).toEqual({ noise: [{ sigma: 5 }] });
    expect(base).toEqual({ noise: [{ sigma: 1 }], seed: 4 });
    expect(fieldAt(base, "noise.0.sigma")).toBe(1);
    expect(fieldAt(base, "noise.3.sigma")).toBeUndefined();
  });

  test("of text: JSON where it is JSON", () => {
    const texts = ["5", "1e-3", "true", '"x"', "[1, 2]", "relu", "", "0.01:1:5"];
    expect(texts.map(parseValue)).toEqual([5, 1e-3, true, "x", [1, 2], "relu", "", "0.01:1:5"]);
  });
});

describe("ranges", () => {
  test("both ends, and a constant ratio between", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.integer({ min: 2, max: 200 }),
        (from, to, count) => {
          const values = logRange("x", `${from}:${to}:${count}`);
          expect(values).toHaveLength(count);
          expect(values[0]).toBe(from);
          expect(values[count - 1]).toBe(to);
          const ratio = (to / from) ** (1 / (count - 1));
          for (let i = 1; i < count; i++) {
            // Values are rounded to 12 digits.
            expect(Math.abs(values[i] / values[i - 1] / ratio - 1)).toBeLessThan(2e-11);
          }
        },
      ),
    );
    expect(logRange("x", "0.01:100:5")).toEqual([0.01, 0.1, 1, 10, 100]);
    expect(logRange("x", "3")).toEqual([3]);
    expect(sweepValues("x", ["a", null, 3])).toEqual(["a", null, 3]);
  });
});

describe("a sweep", () => {
  test("is the product of its fields' values, the last changing fastest", () => {
    const runs = sweepRuns({ sweep: { "noise.0.sigma": "1:100:3", seed: [7, 8] } });
    expect(runs.map(({ fields }) => Object.values(fields))).toEqual([
      [1, 7],
      [1, 8],
      [10, 7],
      [10, 8],
      [100, 7],
      [100, 8],
    ]);
    expect(runs.map(({ experiment }) => [firstSigma(experiment), experiment.seed])).toEqual(
      runs.map(({ fields }) => Object.values(fields)),
    );
  });

  test("changes fields together that are named together, and repeats all of it with other seeds", () => {
    const runs = sweepRuns({
      seed: 5,
      sweep: {
        "noise.0.sigma, epochs": [
          [1, 50],
          [10, 20],
        ],
        repeats: 2,
      },
    });
    const of = (sigma: number, epochs: number, seed: number) => ({ sigma, epochs, seed });
    expect(
      runs.map(({ experiment: { epochs, seed, noise } }) => of(noise[0].sigma, epochs ?? 0, seed)),
    ).toEqual([of(1, 50, 5), of(1, 50, 6), of(10, 20, 5), of(10, 20, 6)]);
  });

  test("may sweep what an experiment cannot do without", () => {
    const data = { name: "csv" };
    const sweep = { "data.path": ["a.csv", "b.csv"], repeats: 2 };
    const runs = sweepRuns({ data, sweep });
    expect(runs.map(({ experiment }) => experiment.seed)).toEqual([0, 1, 0, 1]);
  });

  test("is refined along real numbers, 0 and narrow ones too", () => {
    const plans = [
      { "noise.0.sigma": [0, 1, 10], refine: {} },
      { "optimizer.momentum": [0.9, 0.999], refine: { field: "optimizer.momentum" } },
      { "noise.0.sigma": [1], refine: {} },
    ].map((sweep) => sweepPlan({ sweep }));
    expect(plans.map(({ refine }) => refine !== null)).toEqual([true, true, true]);
  });

  test("of nothing is one run; without noise its sigma is 0", () => {
    const [run, ...others] = sweepRuns({ noise: [] });
    expect(others).toEqual([]);
    expect(firstSigma(run.experiment)).toBe(0);
  });

  test("reaches any field, lists and objects too", () => {
    const runs = sweepRuns({
      sweep: { "network.layers": [[8], [8, 8]], data: [{ name: "spiral" }] },
    });
    expect(runs.map(({ experiment }) => experiment.network.layers.length)).toEqual([1, 2]);
    expect(runs[0].experiment.data.name).toBe("spiral");
  });
});
