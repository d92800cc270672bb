import { expect, test } from "vitest";
import { wasmMachine } from "../../ts/backend/wasm.js";
import { networkCurvature } from "../../ts/curvature/networkCurvature.js";
import { readNetwork, writeNetwork } from "../../ts/curvature/ownNetwork.js";
import { loadDataset } from "../../ts/data/load.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { decodeTensors, encodeTensors } from "../../ts/format/safetensors.js";
import { train } from "../../ts/jobs/train.js";
import { loadKernels } from "../../ts/kernels/node/load.js";
import { Streams } from "../../ts/random/streams.js";

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
  const layers = names.map((weight) => ({ weight, bias: weight.replace("weight", "bias") }));
  return { layers, parameters, bytes: writeNetwork(parameters, layers) };
}

test("layers are taken in the order of their numbers, and come back as they were", () => {
  const widths = [4, 5, 6, 7, 8, 9, 3, 2];
  const { layers, parameters, bytes } = checkpoint(widths);
  const own = readNetwork(bytes, "model.safetensors", options);
  expect(own.network.widths).toEqual(widths);
  expect(own.layers).toEqual(layers);
  expect(own.parameters.weights).toEqual(parameters.weights);
  expect(own.parameters.biases).toEqual(parameters.biases);
  expect(writeNetwork(own.parameters, own.layers)).toEqual(bytes);
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

test("tensors of any names are taken as they are mapped, and written back under these", () => {
  const W1 = normals(8);
  const b1 = normals(2);
  const W2 = normals(6);
  const bytes = encodeTensors({
    tensors: { W1, b1, W2 },
    shapes: { W1: [2, 4], W2: [3, 2] },
    metadata: {},
  });
  const own = readNetwork(bytes, "m", { ...options, layers: ["W1:b1", "W2"] });
  expect(own.network.widths).toEqual([4, 2, 3]);
  expect(own.parameters.biases).toEqual([Float64Array.from(b1), new Float64Array(3)]);
  const back = decodeTensors(writeNetwork(own.parameters, own.layers), "back");
  expect(back.tensors).toEqual({ W1, b1, W2 });
  expect(() => readNetwork(bytes, "m", options)).toThrow(/W1 is not called \*\.weight/);
  const wrong = { ...options, layers: ["W1:c1", "W2"] };
  expect(() => readNetwork(bytes, "m", wrong)).toThrow(/no vector "c1" for the bias of W1/);
});

test("numbers that are not finite are refused by their place", () => {
  const weights = normals(8);
  weights[5] = Number.NaN;
  const shapes = { "a.weight": [2, 4] };
  const bytes = encodeTensors({ tensors: { "a.weight": weights }, shapes, metadata: {} });
  expect(() => readNetwork(bytes, "m", options)).toThrow(/a\.weight holds NaN at index 5/);
});

/** A file of one tensor of any type, as its bytes. */
function fileOf(dtype: string, shape: number[], values: Uint8Array): Uint8Array {
  const header = JSON.stringify({ "a.weight": { dtype, shape, data_offsets: [0, values.length] } });
  const text = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = new Uint8Array(new BigUint64Array([BigInt(text.length)]).buffer);
  return Uint8Array.from([...length, ...text, ...values]);
}

test("half precision of both kinds is read, and what is no number of ours named", () => {
  const bytesOf = (...halves: number[]) => new Uint8Array(Uint16Array.from(halves).buffer);
  const read = (bytes: Uint8Array) => [...readNetwork(bytes, "m", options).parameters.weights[0]];
  // 1, -2, the largest, the least above 0, 1/3.
  const half = bytesOf(0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x0000);
  const third = 0.333251953125;
  expect(read(fileOf("F16", [2, 3], half))).toEqual([1, -2, 65504, 2 ** -24, third, 0]);
  expect(read(fileOf("BF16", [1, 3], bytesOf(0x3f80, 0xc000, 0x4049)))).toEqual([1, -2, 3.140625]);
  const whole = fileOf("I64", [1, 1], new Uint8Array(8));
  expect(() => readNetwork(whole, "m", { ...options, layers: ["a.weight"] })).toThrow(
    /a\.weight holds I64: takes F16/,
  );
  expect(() => readNetwork(fileOf("F32", [3, 3], new Uint8Array(8)), "m", options)).toThrow(
    /damaged/,
  );
  const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0);
  expect(() => readNetwork(zip, "model.pt", options)).toThrow(/zip archive, as torch.save writes/);
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
    writeNetwork(
      parameters,
      [1, 2, 3].map((l) => ({ weight: `${l}.weight`, bias: `${l}.bias` })),
    ),
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
  // The density is that of 16 eigenvalues: its integral is 1, its mean the trace's.
  const { points, density } = found.density;
  const step = points[1] - points[0];
  const moment = (k: number) => density.reduce((sum, p, i) => sum + p * points[i] ** k * step, 0);
  expect(moment(0)).toBeCloseTo(1, 3);
  expect(Math.abs((moment(1) * units) / trace.value - 1)).toBeLessThan(0.3);
  for (const wrong of [{ nodes: 0 }, { nodes: 1.5 }, { reach: 0 }, { reach: Number.NaN }]) {
    const asked = networkCurvature(wasmMachine(kernels), own, data, streams, {
      layer: 0,
      ...wrong,
    });
    await expect(asked).rejects.toThrow(/nodes is|reach is/);
  }
  await expect(
    networkCurvature(wasmMachine(kernels), own, { ...data, inputs: 11 }, streams, { layer: 0 }),
  ).rejects.toThrow(/dataset\.train\.inputs has 6000 numbers/);
});
