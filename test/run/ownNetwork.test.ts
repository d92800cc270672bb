import { expect, test } from "vitest";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { loadDataset } from "../../ts/data/load.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";
import { networkCurvature } from "../../ts/run/networkCurvature.js";
import { readNetwork, writeNetwork } from "../../ts/run/ownNetwork.js";
import { encodeTensors } from "../../ts/run/store/safetensors.js";
import { train } from "../../ts/run/train.js";

const options = { activation: "tanh", loss: "cross-entropy" } as const;
const normals = (n: number) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) / 2);

/** As PyTorch's `Sequential` names ten layers and more: their names' order is not that of the text. */
function checkpoint(widths: number[]) {
  const names = widths.slice(1).map((_, l) => `net.${2 * l}.weight`);
  const parameters = {
    weights: names.map((_, l) => Float64Array.from(normals(widths[l] * widths[l + 1]))),
    biases: names.map((_, l) => Float64Array.from(normals(widths[l + 1]))),
  };
  return { names, parameters, bytes: writeNetwork(parameters, names) };
}

test("layers are taken in the order of their numbers, and come back as they were", () => {
  const widths = [4, 5, 6, 7, 8, 9, 3, 2];
  const { names, parameters, bytes } = checkpoint(widths);
  const own = readNetwork(bytes, "model.safetensors", options);
  expect(own.network.widths).toEqual(widths);
  expect(own.names).toEqual(names);
  expect(own.parameters.weights).toEqual(parameters.weights);
  expect(own.parameters.biases).toEqual(parameters.biases);
  expect(writeNetwork(own.parameters, own.names)).toEqual(bytes);
});

test("what does not fit is named", () => {
  const { bytes } = checkpoint([4, 5, 3]);
  const read = (layers: string[]) => readNetwork(bytes, "m", { ...options, layers });
  expect(read(["net.0", "net.2"]).network.widths).toEqual([4, 5, 3]);
  expect(() => read(["net.2", "net.0"])).toThrow(/net\.0\.weight has shape \(5, 4\).*3 outputs/);
  expect(() => read(["fc1"])).toThrow(/no matrix "fc1.weight": its matrices are net.0.weight/);
  const flat = encodeTensors({ tensors: { a: normals(3) }, metadata: {} });
  expect(() => readNetwork(flat, "m", options)).toThrow(/no matrices/);
  const bias = encodeTensors({
    tensors: { "a.weight": normals(6), "a.bias": normals(3) },
    shapes: { "a.weight": [2, 3] },
    metadata: {},
  });
  expect(() => readNetwork(bias, "m", options)).toThrow(/a\.bias has 3 numbers: takes 2/);
  expect(() => readNetwork(bytes.slice(0, -4), "m", options)).toThrow(/damaged/);
});

test("a trained network's reading by random probing noise is its curvature", async () => {
  const kernels = await loadKernels();
  const experiment = parseExperiment({
    network: { layers: [24, 16], activation: "tanh", init: "lecun" },
    noise: [],
    data: { name: "gaussian-mixture", inputs: 10, classes: 4, train: 600, test: 0 },
    epochs: 4,
  });
  const streams = new Streams(kernels, 0);
  const data = await loadDataset(experiment.data, streams);
  const { parameters } = await train(experiment, { kernels, dataset: data });
  const own = readNetwork(
    writeNetwork(parameters, ["1.weight", "2.weight", "3.weight"]),
    "m",
    options,
  );
  const found = await networkCurvature(wasmMachine(kernels), own, data, streams, {
    layer: 1,
    nodes: 48,
    reach: 0.05,
  });
  const { antithetic, smoothed, pointwise, trace, units } = found;
  expect(Math.abs(smoothed / pointwise - 1)).toBeLessThan(0.01);
  expect(Math.abs(antithetic.value - smoothed)).toBeLessThan(4 * antithetic.error);
  expect(antithetic.error).toBeLessThan(0.05 * pointwise);
  // Isotropic weights of 48 nodes estimate the trace to about sqrt(2 / (16 * 48)).
  expect(Math.abs((pointwise * units) / trace.value - 1)).toBeLessThan(0.25);
  await expect(
    networkCurvature(wasmMachine(kernels), own, { ...data, inputs: 11 }, streams, { layer: 0 }),
  ).rejects.toThrow(/goes from 10 to 4: gaussian-mixture has 11 inputs/);
});
