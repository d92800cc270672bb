import { expect, test } from "vitest";
import { lanczos } from "../../ts/analysis/lanczos.js";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { CurvatureProbe } from "../../ts/curvature/curvatureProbe.js";
import { networkCurvature } from "../../ts/curvature/networkCurvature.js";
import { loadDataset } from "../../ts/data/load.js";
import { RunError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { probe } from "../../ts/probe/probe.js";
import { Streams } from "../../ts/random/streams.js";

const kernels = await loadKernels();
const machine = wasmMachine(kernels);
const streams = new Streams(kernels, 0);
const mixture = {
  name: "gaussian-mixture",
  inputs: 6,
  classes: 3,
  train: 50,
  test: 20,
} as const;
const { data: spec } = parseExperiment({ data: mixture });
const data = await loadDataset(spec, streams);

/** Two layers of 8 and 3 units, all of whose weights have this size. */
function own(activation: "relu" | "tanh", size: number, bias = 0) {
  const numbers = (n: number) => Float64Array.from({ length: n }, (_, i) => size * Math.sin(i + 1));
  return {
    network: {
      widths: [6, 8, 3],
      activation,
      loss: "cross-entropy",
      bias: true,
      factors: [1, 1],
      noise: [],
    } as const,
    parameters: {
      weights: [numbers(48), numbers(24)],
      biases: [new Float64Array(8).fill(bias), new Float64Array(3)],
      niw: [],
    },
  };
}

test("weights without a finite loss have no curvature, and a line says so", async () => {
  for (const size of [1e25, 1e38, 1e300]) {
    const found = networkCurvature(machine, own("relu", size), data, streams, { layer: 0 });
    await expect(found).rejects.toThrow(RunError);
    await expect(found).rejects.toThrow(/they have diverged/);
  }
});

test("a layer without any curvature has zeros, and no number that is none", async () => {
  const found = await networkCurvature(machine, own("relu", 0.1, -100), data, streams, {
    layer: 0,
  });
  expect(found.eigenvalues.map(({ value }) => value)).toEqual(new Array(8).fill(0));
  expect(found.smoothedMax).toBe(0);
  expect(JSON.stringify(found)).not.toContain("null");
});

test("Lanczos' recursion goes on until all leading values are found", async () => {
  // Eigenvalues 1000, 10, 9.9, 9.8, ...: the first is found long before the next.
  const d = 200;
  const eigenvalues = Array.from({ length: d }, (_, i) => (i === 0 ? 1000 : 10 - i / 10));
  const apply = async (v: Float64Array) => v.map((x, i) => x * eigenvalues[i]);
  const start = Float64Array.from({ length: d }, (_, i) => Math.sin(3 * i + 1));
  const options = { steps: d, tolerance: 1e-5 };
  const first = await lanczos(apply, start, options);
  const five = await lanczos(apply, start, { ...options, leading: 5 });
  const off = ({ values }: { values: Float64Array }) =>
    Math.max(...[0, 1, 2, 3, 4].map((k) => Math.abs(values[k] - eigenvalues[k])));
  expect(off(first)).toBeGreaterThan(0.01);
  expect(off(five)).toBeLessThan(1e-4);
});

test("a loss that the targets do not have is refused before anything is measured", async () => {
  const { network } = own("tanh", 0.1);
  const regression = { ...data, task: "regression" } as const;
  const open = (loss: unknown, on = data) =>
    CurvatureProbe.open(machine, { ...network, loss } as typeof network, 0, on);
  await expect(open("cross-entropy", regression)).rejects.toMatchObject({ field: "network.loss" });
  for (const loss of [undefined, "hinge"]) {
    await expect(open(loss)).rejects.toMatchObject({ field: "network.loss" });
  }
  await expect(open("cross-entropy", { ...data, outputs: 4 })).rejects.toMatchObject({
    field: "data",
  });
});

test("a probe of a run that diverges ends with what it saw", async () => {
  const found = await probe(
    {
      network: { layers: [16, 16] },
      noise: [{ sigma: 3 }],
      data: mixture,
      optimizer: { learningRate: 1e5, batchSize: 50 },
      epochs: 3,
    },
    { kernels, moments: 2, repeats: 1 },
  );
  expect(found.phase).toBe("divergent");
  const last = found.moments[found.moments.length - 1];
  expect(Number.isFinite(last.loss)).toBe(false);
  expect(last.hMax).toBeNull();
});
