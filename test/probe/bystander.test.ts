import { describe, expect, test } from "vitest";
import { quadraticForm } from "../../ts/analysis/spectrum.js";
import { squares } from "../../ts/analysis/vectors.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { CurvatureProbe } from "../../ts/curvature/curvatureProbe.js";
import { denseHessian } from "../../ts/curvature/hessian.js";
import { loadDataset } from "../../ts/data/load.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import type { ExperimentInput } from "../../ts/experiment/schema.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { bystander } from "../../ts/probe/bystander.js";
import { planReading } from "../../ts/probe/readingPlan.js";
import { Streams } from "../../ts/random/streams.js";
import { planOf } from "../../ts/train/plan.js";

const plain: ExperimentInput = {
  network: { layers: [12, 12], activation: "tanh", init: "lecun" },
  noise: [],
  data: { name: "gaussian-mixture", inputs: 6, classes: 3, train: 200, test: 60 },
  optimizer: { learningRate: 0.1, batchSize: 20 },
  epochs: 10,
};

const kernels = await loadKernels();

describe("a planned reading", () => {
  const opened = async () => {
    const { parameters } = await train(plain, { backend: "wasm" });
    const experiment = parseExperiment(plain);
    const streams = new Streams(kernels, experiment.seed);
    const data = await loadDataset(experiment.data, streams);
    const { network } = planOf(experiment, data);
    const options = { nodes: 128 };
    const probe = await CurvatureProbe.open(wasmMachine(kernels), network, 0, data, options);
    probe.load(parameters);
    return { probe, network, streams };
  };

  test("errs as it was expected to, by other weights and other noise", async () => {
    const { probe, network, streams } = await opened();
    const plan = await planReading(probe, network, streams, { precision: 0.15 });
    expect(plan.expected).toBeLessThanOrEqual(0.15);
    const d = probe.width;
    const H = await denseHessian(probe);
    let trace = 0;
    for (let i = 0; i < d; i++) trace += H[i * (d + 1)];
    let square = 0;
    const times = 60;
    for (let t = 0; t < times; t++) {
      const weights = streams.draw("probe", 20, "normal", t, d, plan.nodes);
      const norm = Math.sqrt(squares(weights));
      const V = Float64Array.from(weights, (w) => (plan.reach * w) / norm);
      let reading = 0;
      for (let k = 0; k < plan.passes; k++) {
        const draw = t * plan.passes + k;
        const eps = streams.draw("probe", 21, "normal", draw, probe.samples, plan.nodes);
        reading += quadraticForm(V, await probe.noisy(V, eps, "smoothed")) / plan.passes;
      }
      square += ((reading * d) / trace - 1) ** 2 / times;
    }
    probe.dispose();
    // A deviation from 60 values is known to a tenth, what it was expected to be from 4 passes to less than a half.
    expect(Math.sqrt(square)).toBeGreaterThan(0.5 * plan.expected);
    expect(Math.sqrt(square)).toBeLessThan(1.6 * plan.expected);
  });

  test("takes more nodes for more precision, and says where there are too few", async () => {
    const { probe, network, streams } = await opened();
    const at = (precision: number) => planReading(probe, network, streams, { precision });
    const [coarse, fine, impossible] = [await at(0.3), await at(0.1), await at(0.001)];
    expect(fine.nodes).toBeGreaterThan(4 * coarse.nodes);
    expect(impossible.nodes).toBe(128);
    expect(impossible.expected).toBeGreaterThan(0.001);
    await expect(at(1.5)).rejects.toThrow("precision is 1.5");
    probe.dispose();
  });

  test("goes no farther than it may", async () => {
    const { probe, network, streams } = await opened();
    const { reach } = await planReading(probe, network, streams, { farthest: 0.01 });
    expect(reach).toBeLessThanOrEqual(0.01);
    probe.dispose();
  });
});

describe("a bystander", () => {
  test("reads the curvature in time and leaves the run as it was", async () => {
    const found = await bystander(plain, { backend: "wasm", moments: 3, precision: 0.2 });
    const { chosen, probed, alone, comparisons } = found;
    const without = await train(plain, { backend: "wasm" });
    expect(alone.parameters).toEqual(without.parameters);
    expect(chosen.sigma * probed.moments[0].niwNorm).toBeCloseTo(chosen.reach, 6);
    expect(comparisons.map(({ verdict }) => verdict)).toEqual(["within", "within"]);
    // Not undisturbed to the bit: it is there.
    expect(probed.final.unperturbedLoss).not.toBe(alone.final.unperturbedLoss);
    for (const { antithetic, smoothed } of probed.moments) {
      expect(Math.abs(antithetic.value - smoothed)).toBeLessThan(
        Math.max(6 * antithetic.error, 0.2 * Math.abs(smoothed)),
      );
    }
  });

  test("asks for a run without noise", async () => {
    const noisy = { ...plain, noise: [{ nodes: 1, sigma: 1 }] };
    await expect(bystander(noisy)).rejects.toThrow("noise has 1 group");
  });
});

test("a bystander of the last seed is compared with a run of seed 0 on the same data", async () => {
  const last = 2 ** 32 - 1;
  const short: ExperimentInput = { ...plain, seed: last, epochs: 4 };
  const { comparisons, alone } = await bystander(short, { kernels, moments: 3 });
  const spec = parseExperiment(short).data;
  const dataset = await loadDataset(spec, new Streams(kernels, last));
  const other = await train({ ...short, seed: 0 }, { kernels, dataset });
  const [a, b] = [alone, other].map(({ trajectory }) => trajectory.evaluations.unperturbedLoss);
  const all = Array.from(a, (loss, i) => Math.abs(b[i] / loss - 1)).slice(1);
  all.sort((x, y) => x - y);
  expect(all[0]).toBeGreaterThan(0);
  expect(comparisons[0].predicted).toEqual({ value: 0, error: all[Math.floor(all.length / 2)] });
});
