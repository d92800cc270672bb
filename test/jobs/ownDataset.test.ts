import { expect, test, vi } from "vitest";
import { setupOf } from "../../ts/check/verify/verifier.js";
import { verify } from "../../ts/check/verify/verify.js";
import type { Dataset } from "../../ts/data/dataset.js";
import { datasetOf } from "../../ts/data/datasetOf.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { forecast } from "../../ts/forecast/forecast.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { figureOne } from "../../ts/paper/figureOne.js";
import { bystander } from "../../ts/probe/bystander.js";
import { predictedBoundaries } from "../../ts/probe/predictedBoundaries.js";
import { probe } from "../../ts/probe/probe.js";
import { MemoryStore } from "../../ts/store/memoryStore.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { hashDataset } from "../../ts/train/dataKey.js";
import { prepare } from "../../ts/train/prepare.js";
import { phaseScales } from "../../ts/train/record/phaseScales.js";
import { threads } from "../support/worker.js";

const kernels = await loadKernels();
const wave = (length: number, phase = 0) =>
  Float32Array.from({ length }, (_, i) => Math.sin(1.7 * i + phase));

/** Eight samples of three inputs, two numbers each, three of them held out. */
const own = datasetOf({
  ...{ name: "waves", rows: 8, inputs: wave(24), targets: wave(16, 1) },
  test: { rows: 3, inputs: wave(9, 2), targets: wave(6, 3) },
});
const sha256 = await hashDataset(own);
const RECORD = {
  ...{ name: "waves", task: "regression", inputs: 3, outputs: 2 },
  ...{ classes: null, rows: 8, testRows: 3, sha256 },
};
const network: ExperimentInput["network"] = { layers: [5], activation: "tanh" };
const input = { network, noise: [{ sigma: 0.5 }], optimizer: { batchSize: 4 }, steps: 12 };

test("a run, a sweep, a probe and a bystander of a data set are of it, and record it", async () => {
  const options = { kernels, dataset: own };
  const alone = await train(input, options);
  expect(alone.dataset).toEqual(RECORD);
  // The data of the experiment, which none was given for, is another.
  expect(alone.experiment.data.name).toBe("gaussian-mixture");
  const swept = await sweep({ ...input, sweep: { seed: [0, 1] } }, { ...options, workers: 0 });
  expect(swept.runs.map(({ dataset, data }) => [dataset, data])).toEqual([
    [RECORD, sha256],
    [RECORD, sha256],
  ]);
  expect(swept.runs[0].trajectory).toEqual(alone.trajectory);
  const probed = await probe(input, { ...options, moments: 3 });
  expect(probed.dataset).toEqual(RECORD);
  expect(probed.trajectory.steps).toEqual(alone.trajectory.steps);
  const seen = await bystander({ ...input, noise: [] }, { ...options, moments: 3 });
  expect([seen.alone.dataset, seen.probed.dataset]).toEqual([RECORD, RECORD]);
});

test("workers get it under its hash, and make the same runs", async () => {
  const spec = { ...input, sweep: { "noise.0.sigma": [0.1, 1], seed: [0, 1] } };
  const here = await sweep(spec, { kernels, dataset: own, workers: 0 });
  const { spawn } = await threads();
  const workers = 2;
  const there = await sweep(spec, { kernels, dataset: own, workers, spawn });
  expect(there.resultsHash).toBe(here.resultsHash);
  expect(there.runs.map(({ dataset }) => dataset)).toEqual(here.runs.map(() => RECORD));
  const alone = await train(input, { kernels, dataset: own, workers: 1, spawn });
  expect(alone.dataset).toEqual(RECORD);
});

test("another data set is another run of a store; generated data has no hash", async () => {
  const store = new MemoryStore();
  const spec = { ...input, sweep: { seed: [0] } };
  const other = { ...own, shift: 0.25 };
  const keys: string[] = [];
  for (const dataset of [own, other, own]) {
    const { runs } = await sweep(spec, { kernels, dataset, store, workers: 0 });
    keys.push(runs[0].key);
    expect(runs[0].dataset.sha256).toBe(await hashDataset(dataset));
  }
  expect(keys[2]).toBe(keys[0]);
  expect(keys[1]).not.toBe(keys[0]);
  const data = { name: "spiral", train: 8, test: 4 } as const;
  const { dataset } = await train({ ...input, data }, { kernels });
  expect(dataset).toEqual({
    ...{ name: "spiral", task: "classification", inputs: 2, outputs: 3 },
    ...{ classes: 3, rows: 8, testRows: 4 },
    sha256: null,
  });
});

test("a sweep over fields of the data is refused, which would change nothing", async () => {
  const spec = { ...input, sweep: { "data.train,seed": [[4, 0]] } };
  await expect(sweep(spec, { kernels, dataset: own, workers: 0 })).rejects.toMatchObject({
    name: "InputError",
    field: "sweep.data.train",
    message: "sweep.data.train would change nothing: all runs take the data set that is given",
  });
});

test("verify checks the machines on it", async () => {
  const setup = await setupOf(parseExperiment(input), { kernels, dataset: own }, 2);
  expect(setup.data.train).toBe(own.train);
  const { checks, passed } = await verify(input, { kernels, dataset: own });
  expect(checks.some(({ name }) => name === "gather train.inputs 4 x 3")).toBe(true);
  expect(checks.filter((check) => !check.passed)).toEqual([]);
  expect(passed).toBe(true);
});

// A linear model by its text, whose exact recursion knows the data that the text names, and no other.
const linear: ExperimentInput = {
  network: { layers: [16], activation: "linear", init: "ntk", bias: false, loss: "mse" },
  noise: [{ sigma: 0.5 }],
  data: { name: "linear-regression", train: 8 },
  optimizer: { learningRate: 0.05, batchSize: "full" },
  steps: 20,
};
const steep: Dataset = datasetOf({ rows: 8, inputs: wave(8), targets: wave(8).map((x) => 7 * x) });

test("theory of the data that the experiment names is not told of another", async () => {
  const generated = await probe(linear, { kernels, moments: 3 });
  expect(generated.linear).not.toBeNull();
  const { linear: exact, dataset } = await probe(linear, { kernels, moments: 3, dataset: steep });
  expect(exact).toBeNull();
  expect(dataset.sha256).toBe(await hashDataset(steep));
  const experiments = [parseExperiment(linear)];
  const of = (dataset?: Dataset) =>
    predictedBoundaries(experiments, { kernels, dataset, networks: true });
  const { boundaries, method } = await forecast(linear, { kernels, dataset: steep });
  expect(method).toBe("short runs");
  const own = boundaries.catapult?.value as number;
  expect((await of(steep))?.catapult?.value).toBeCloseTo(own, 10);
  expect((await of())?.catapult?.value).not.toBeCloseTo(own, 3);
});

test("a linear model's phase is told by the inputs that the network sees", async () => {
  // The same numbers, stored as they are and as bytes with scale and shift.
  const stored = Uint8Array.of(0, 51, 102, 153, 204, 255, 51, 204);
  const targets = wave(8);
  const [scale, shift] = [2 / 255, -1];
  const seen = Float32Array.from(stored, (x) => scale * x + shift);
  const scales = async (dataset: Dataset) => {
    const { plan, data, inputs } = await prepare(linear, { kernels, dataset });
    return phaseScales(plan, data, inputs);
  };
  const bytes = await scales(datasetOf({ rows: 8, inputs: stored, targets, scale, shift }));
  const plain = await scales(datasetOf({ rows: 8, inputs: seen, targets }));
  expect(bytes.loss / plain.loss).toBeCloseTo(1, 6);
});

test("the figure's sweep, predictions and probes are all of it; it needs no fixed noise", async () => {
  const classes = datasetOf({
    ...{ rows: 12, inputs: wave(24), classes: 2 },
    targets: Array.from({ length: 12 }, (_, i) => i % 2),
  });
  const spec = {
    ...{ network, noise: [{ sigma: 1 }], optimizer: { batchSize: 6 }, steps: 60 },
    sweep: { "noise.0.sigma": [0.01, 3, 6, 30], repeats: 2 },
  };
  const store = new MemoryStore();
  const options = { kernels, dataset: classes, workers: 0, store };
  const figure = await figureOne(spec, options);
  expect(figure.stepsPerEpoch).toBe(2);
  expect(figure.runs).toHaveLength(8);
  expect(figure.boundaries.fixed.catapult.measured).toBeNull();
  // What the store holds is not made again.
  const put = vi.spyOn(store, "put");
  expect((await figureOne(spec, options)).boundaries).toEqual(figure.boundaries);
  expect(put).not.toHaveBeenCalled();
  for (const one of figure.probes) expect(one.dataset.sha256).toBe(await hashDataset(classes));
  await expect(figureOne({ ...spec, noise: [] }, { kernels })).rejects.toMatchObject({
    name: "InputError",
    field: "noise",
  });
});
