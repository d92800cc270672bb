import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExperimentInput, train } from "../../ts/entries/node/node.js";
import { encodeTensors } from "../../ts/format/safetensors.js";
import { figureOne } from "../../ts/paper/figureOne.js";
import { paperClaims } from "../../ts/paper/paperClaims.js";
import { inProcess } from "./run.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ninscope-probe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const json = async (args: readonly string[]) => {
  const { code, out, err } = await inProcess([...args, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
};

const experiment = {
  network: { layers: [10, 10], activation: "tanh", init: "lecun" },
  noise: [{ sigma: 3 }],
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 90, test: 30 },
  optimizer: { batchSize: 30, learningRate: 0.1 },
  epochs: 15,
} satisfies ExperimentInput;
const file = async (name: string, value: unknown) => {
  await writeFile(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};

describe("ninscope probe", () => {
  test("forecasts once for runs that differ in sigma alone, with more updates if told", async () => {
    const network = { layers: [24, 24] };
    const spec = { ...experiment, network, sweep: { "noise.0.sigma": [1, 2] } };
    const path = await file("forecasts.json", spec);
    const few = ["--samples", "40", "--moments", "1", "--repeats", "2"];
    const [quick, wide] = [
      await json(["probe", path, ...few]),
      await json(["probe", path, ...few, "--predict"]),
    ];
    const [a, b] = quick.runs;
    // Two forecasts would not take the same time.
    expect(a.forecast).toEqual(b.forecast);
    expect(a.boundaries.catapult.value).toBe(a.forecast.boundaries.catapult.value);
    expect(wide.runs[0].forecast.cost.steps).toBeGreaterThan(a.forecast.cost.steps);
  });

  test("sets predictions and readings beside what is measured, with figures", async () => {
    const out = join(folder, "probe");
    const few = ["--samples", "90", "--moments", "6", "--repeats", "2"];
    const found = await json(["probe", await file("one.json", experiment), ...few, "--out", out]);
    expect(JSON.stringify(found)).toMatch(/predicted/);
    expect(JSON.stringify(found)).not.toMatch(/undefined/);
    const files = (await readdir(out, { recursive: true })).map(String);
    expect(files.filter((name) => name.endsWith(".svg")).length).toBeGreaterThan(0);
    const svg = files.find((name) => name.endsWith(".svg")) as string;
    expect(await readFile(join(out, svg), "utf8")).not.toMatch(/NaN|undefined/);
    const report = await readFile(join(out, "report.html"), "utf8");
    for (const { what, verdict } of found.runs[0].comparisons) {
      expect(report).toContain(what);
      expect(["within", "outside", "not told"]).toContain(verdict);
    }
    expect(report).not.toMatch(/NaN|undefined|href=|src=/);
    const { out: words, code } = await inProcess([
      "probe",
      join(folder, "one.json"),
      ...few,
      "--quiet",
    ]);
    expect(code).toBe(0);
    expect(words).toMatch(/sigma|curvature/);
  });

  test("of a sweep calibrates its readings", async () => {
    const spec = { ...experiment, epochs: 6, sweep: { "noise.0.sigma": [0.5, 1, 2] } };
    const few = ["--samples", "90", "--moments", "2", "--repeats", "1"];
    const { calibration } = await json(["probe", await file("sweep.json", spec), ...few]);
    expect(calibration).toBeDefined();
  });

  test("attaches nodes that look on, and says what they disturb", async () => {
    const out = join(folder, "bystander");
    const plain = await file("plain.json", { ...experiment, noise: [] });
    const few = ["--samples", "90", "--moments", "3", "--precision", "0.3"];
    const found = await json(["probe", plain, "--bystander", ...few, "--out", out]);
    expect(found.chosen.precision).toBe(0.3);
    expect(found.comparisons.length).toBe(4);
    expect(found.moments.length).toBeGreaterThan(3);
    expect(await readFile(join(out, "figures/curvature.svg"), "utf8")).not.toMatch(/NaN|undefined/);
    const { code, out: words } = await inProcess([
      "probe",
      plain,
      "--bystander",
      ...few,
      "--quiet",
    ]);
    expect(code).toBe(0);
    expect(words).toMatch(/chosen noise/);
  });

  test("a bystander asks for one run without noise, and for a precision that there is", async () => {
    const refused = async (args: readonly string[], words: RegExp) => {
      const { code, err } = await inProcess(["probe", ...args, "--bystander", "--quiet"]);
      expect(err).toMatch(words);
      expect(code).toBe(2);
    };
    await refused([await file("noisy.json", experiment)], /noise has 1 group/);
    const many = { ...experiment, noise: [], sweep: { seed: [1, 2] } };
    await refused([await file("many.json", many)], /sweep has 2 runs/);
    await refused([join(folder, "plain.json"), "--precision", "2"], /--precision/);
    await refused([join(folder, "plain.json"), "--layer", "7"], /layer is 7/);
  });

  test("refuses what is a bystander's where there is none", async () => {
    for (const flag of [
      ["--precision", "0.2"],
      ["--layer", "1"],
    ]) {
      const { code, err } = await inProcess(["probe", join(folder, "one.json"), ...flag]);
      expect(code).toBe(2);
      expect(err).toMatch(/^ninscope: --\w+ is [\d.]+: it needs --bystander\n$/);
    }
  });

  test("refuses what is no number", async () => {
    const { code, err } = await inProcess(["probe", "--samples", "many"]);
    expect(code).toBe(2);
    expect(err).toMatch(/--samples/);
  });
});

describe("what is predicted stands beside what is measured", () => {
  const linear = {
    network: { layers: [40], activation: "linear", loss: "mse", bias: false, init: "ntk" },
    data: { name: "linear-regression", train: 100 },
    optimizer: { batchSize: "full", learningRate: 0.05 },
    steps: 400,
  } satisfies ExperimentInput;

  test("of every run and sweep of the linear model", async () => {
    const run = await json([
      "train",
      await file("linear.json", linear),
      "--set",
      "noise.0.sigma=3",
    ]);
    expect(run.comparisons[0]).toMatchObject({ predicted: "decay", measured: "decay" });
    const spec = { ...linear, sweep: { "noise.0.sigma": "0.01:20:20", repeats: 2 } };
    const { boundaries } = await json(["sweep", await file("linear-sweep.json", spec)]);
    for (const name of ["decay", "catapult", "divergent"]) {
      expect(boundaries[name].verdict, name).toBe("within");
      expect(boundaries[name].predictedError).toBeGreaterThan(0);
    }
  });

  test("of a network where it is asked for, and where it is of one kind", async () => {
    const kinked = { ...experiment, network: { layers: [10, 10] } } satisfies ExperimentInput;
    const path = await file("network.json", kinked);
    expect(await json(["train", path])).not.toHaveProperty("prediction");
    const run = await json(["train", path, "--predict"]);
    expect(run.prediction.catapult.error).toBeGreaterThan(0);
    expect(run.comparisons[0].verdict).toMatch(/within|outside|not told/);
    const sigmas = { ...kinked, epochs: 3, sweep: { "noise.0.sigma": [1, 100] } };
    const one = await json(["sweep", await file("one-kind.json", sigmas), "--predict"]);
    expect(one.boundaries.catapult.predicted).toBeGreaterThan(0);
    const rates = { ...sigmas, sweep: { "optimizer.learningRate": [0.1, 0.2] } };
    const two = await json(["sweep", await file("two-kinds.json", rates), "--predict"]);
    expect(two.boundaries.catapult).toMatchObject({ predicted: null, verdict: "not told" });
  });
});

describe("ninscope curvature", () => {
  test("reads the curvature of a checkpoint's layer", async () => {
    const { parameters } = await train(experiment);
    const tensors: Record<string, Float32Array> = {};
    const shapes: Record<string, number[]> = {};
    parameters.weights.forEach((w, l) => {
      const outputs = parameters.biases[l].length;
      tensors[`net.${2 * l}.weight`] = Float32Array.from(w);
      shapes[`net.${2 * l}.weight`] = [outputs, w.length / outputs];
      tensors[`net.${2 * l}.bias`] = Float32Array.from(parameters.biases[l]);
    });
    const path = join(folder, "model.safetensors");
    await writeFile(path, encodeTensors({ tensors, shapes, metadata: {} }));
    const set = [
      "--set",
      "network.activation=tanh",
      "--set",
      `data=${JSON.stringify(experiment.data)}`,
    ];
    for (const layer of ["0", "1"]) {
      const found = await json(["curvature", path, ...set, "--layer", layer, "--samples", "60"]);
      const { classes, train: rows, test: testRows, inputs } = experiment.data;
      const record = { task: "classification", classes, outputs: classes, inputs, rows, testRows };
      expect(found.data).toEqual({ name: "gaussian-mixture", ...record });
      expect(JSON.stringify(found)).toMatch(/[hH]essian|trace|largest|pointwise/);
    }
    const { code, err } = await inProcess(["curvature", path, ...set, "--layer", "7"]);
    expect(code).toBe(2);
    expect(err).toMatch(/^ninscope: /);
  });
});

describe("shards", () => {
  test("merged are the whole sweep", async () => {
    const spec = {
      ...experiment,
      epochs: 2,
      sweep: { "noise.0.sigma": "0.5:8:4:linear", seed: [0, 1] },
    };
    const path = await file("shards.json", spec);
    const whole = await json(["sweep", path, "--out", join(folder, "whole")]);
    for (const shard of ["0/2", "1/2"]) {
      const args = [
        "sweep",
        path,
        "--shard",
        shard,
        "--out",
        join(folder, `shard-${shard[0]}`),
        "--json",
      ];
      expect((await inProcess(args)).code).toBe(0);
    }
    const parts = [join(folder, "shard-0"), join(folder, "shard-1")];
    const merged = await json(["merge", ...parts, "--out", join(folder, "merged")]);
    expect(merged.resultsHash).toBe(whole.resultsHash);
  });
});

test("the paper's figure and its claims, from a sweep of any size", async () => {
  const found = await figureOne(
    {
      ...experiment,
      network: { layers: [16, 16], activation: "relu" },
      epochs: 12,
      sweep: {
        "noise.0.sigma": [0.3, 4, 12, 60],
        "noise.0.mode": ["fresh", "fixed"],
        seed: [0, 1],
      },
    },
    { samples: 90 },
  );
  expect(found.runs).toHaveLength(16);
  expect(new Set(found.runs.map(({ mode }) => mode))).toEqual(new Set(["fresh", "fixed"]));
  const claims = paperClaims(found);
  expect(claims.length).toBeGreaterThan(3);
  for (const claim of claims) {
    expect(["seen", "not seen", "unclear"]).toContain((claim as { verdict?: string }).verdict);
  }
});
