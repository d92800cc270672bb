import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { curvatureOf } from "../../ts/curvature/curvatureOf.js";
import { readNetwork } from "../../ts/curvature/ownNetwork.js";
import { datasetOf } from "../../ts/data/datasetOf.js";

const folder = new URL("fixtures/networks/", import.meta.url);
const { data, cases } = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));
const expected = cases.find(
  (one: { activation: string; targets: string; loss: string }) =>
    one.activation === "tanh" && one.targets === "classes" && one.loss === "cross-entropy",
);
const bytes = readFileSync(new URL(`${expected.name}.safetensors`, folder));
const network = readNetwork(bytes, expected.name, { activation: "tanh", loss: "cross-entropy" });
const dataset = datasetOf({
  inputs: Float64Array.from(data.inputs.flat()),
  targets: Uint32Array.from(data.classes),
  rows: data.inputs.length,
  classes: 3,
});

test("curvatureOf gives autograd's eigenvalues, as many as asked for, on both float64 and wasm", async () => {
  const options = { layer: 0, eigenvalues: 3 };
  for (const [backend, digits] of [
    ["reference", 10],
    ["wasm", 4],
  ] as const) {
    const { eigenvalues, loss, kind } = await curvatureOf(network, dataset, {
      ...options,
      backend,
    });
    expect(kind).toBe("pointwise");
    expect(loss).toBeCloseTo(expected.meanLoss, digits);
    expect(eigenvalues).toHaveLength(3);
    eigenvalues.forEach(({ value }, k) => {
      expect(value).toBeCloseTo(expected.eigenvalues[0][k], digits);
    });
  }
});

test("of a smooth network, the curvature smoothed over a small reach is the pointwise one", async () => {
  const reading = { layer: 0, eigenvalues: 3, backend: "reference", reach: 1e-4 } as const;
  const pointwise = await curvatureOf(network, dataset, reading);
  const smoothed = await curvatureOf(network, dataset, { ...reading, kind: "smoothed" });
  expect(smoothed.kind).toBe("smoothed");
  smoothed.eigenvalues.forEach(({ value }, k) => {
    expect(value).toBeCloseTo(pointwise.eigenvalues[k].value, 6);
  });
  // The loss over a reach of 3 is another one.
  const far = await curvatureOf(network, dataset, { ...reading, kind: "smoothed", reach: 3 });
  expect(far.eigenvalues[0].value).not.toBeCloseTo(pointwise.eigenvalues[0].value, 2);
});

test.each([
  [{ layer: 9 }, "layer"],
  [{ layer: 0, eigenvalues: 0 }, "eigenvalues"],
  [{ layer: 0, kind: "dense" as "smoothed" }, "kind"],
  [{ layer: 0, samples: 1e6 }, "samples"],
])("curvatureOf refuses %j by its field", async (options, field) => {
  await expect(curvatureOf(network, dataset, options)).rejects.toMatchObject({ field });
});

test("curvatureOf refuses data that the network does not take", async () => {
  const other = datasetOf({ inputs: [1, 2], targets: Uint32Array.of(0, 1), rows: 2, classes: 2 });
  await expect(curvatureOf(network, other, { layer: 0 })).rejects.toMatchObject({
    field: "dataset",
  });
});
