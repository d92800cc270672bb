import { describe, expect, test } from "vitest";
import type { Dataset } from "../../ts/data/dataset.js";
import { loadDataset } from "../../ts/data/load.js";
import { InputError } from "../../ts/errors/errors.js";
import { parseExperiment } from "../../ts/experiment/parse.js";
import { loadKernels } from "../../ts/kernels/kernels.js";
import { Streams } from "../../ts/random/streams.js";

const kernels = await loadKernels();
const made = (data: object, seed = 0): Promise<Dataset> =>
  loadDataset(parseExperiment({ data }).data, new Streams(kernels, seed));

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;

const SPECS = [
  { name: "linear-regression", inputs: 3, slope: [1, -2, 0.5], train: 40, test: 20 },
  { name: "teacher", inputs: 5, outputs: 2, train: 40, test: 20 },
  { name: "gaussian-mixture", inputs: 6, classes: 4, train: 40, test: 20 },
  { name: "spiral", train: 40, test: 20 },
];

describe.each(SPECS)("$name", (spec) => {
  test("is a function of the seed alone", async () => {
    expect(await made(spec)).toEqual(await made(spec));
    expect((await made(spec)).train.inputs).not.toEqual((await made(spec, 1)).train.inputs);
  });

  test("more samples leave the first as they were; the test samples follow", async () => {
    const [few, many] = [await made(spec), await made({ ...spec, train: 60, test: 0 })];
    const width = few.inputs;
    expect(many.test).toBe(null);
    expect(many.train.inputs.subarray(0, 40 * width)).toEqual(few.train.inputs);
    expect(many.train.inputs.subarray(40 * width)).toEqual(few.test!.inputs);
    const targets = few.train.targets.length;
    expect(many.train.targets.subarray(targets)).toEqual(few.test!.targets);
  });
});

test("linear regression: y = slope . x, x of the given scale", async () => {
  const { train } = await made({
    name: "linear-regression",
    inputs: 2,
    slope: [3, -1],
    scale: 2,
    train: 5000,
  });
  for (let r = 0; r < 100; r++) {
    const y = 3 * train.inputs[2 * r] - train.inputs[2 * r + 1];
    expect(Math.abs(train.targets[r] - y)).toBeLessThan(1e-5);
  }
  // The mean square of 10,000 normal numbers is within 5 of its standard errors.
  const variance = mean(Array.from(train.inputs, (x) => x * x));
  expect(Math.abs(variance - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / 10000));
});

test("linear regression wants a slope for each input", () => {
  const wrong = { name: "linear-regression", inputs: 2, slope: [1], train: 4 };
  expect(() => made(wrong)).toThrow(/data\.slope is \[1\]: takes .* one for each input/);
});

test("a teacher's outputs are of order one, with noise on request", async () => {
  const spec = { name: "teacher", inputs: 20, hidden: [50, 50], train: 4000, test: 0 };
  const plain = (await made(spec)).train.targets;
  const square = mean(Array.from(plain, (y) => y * y));
  expect(square).toBeGreaterThan(0.1);
  expect(square).toBeLessThan(3);
  const noisy = (await made({ ...spec, noise: 0.5 })).train.targets;
  const variance = mean(Array.from(noisy, (y, i) => (y - plain[i]) ** 2));
  expect(Math.abs(variance - 0.25)).toBeLessThan(5 * 0.25 * Math.sqrt(2 / 4000));
  expect((await made({ ...spec, activation: "relu" })).train.targets).not.toEqual(plain);
});

test("a mixture's clouds have unit width about centres at the given distance", async () => {
  const { train } = await made({
    name: "gaussian-mixture",
    inputs: 10,
    classes: 3,
    separation: 7,
    train: 6000,
  });
  for (let k = 0; k < 3; k++) {
    const rows = Array.from({ length: 2000 }, (_, i) => 3 * i + k);
    const centre = Array.from({ length: 10 }, (_, c) =>
      mean(rows.map((r) => train.inputs[10 * r + c])),
    );
    expect(rows.every((r) => train.targets[r] === k)).toBe(true);
    // Each coordinate of the mean has the standard error 1/sqrt(2000).
    expect(Math.abs(Math.hypot(...centre) - 7)).toBeLessThan(5 * Math.sqrt(10 / 2000));
    const spread = mean(rows.map((r) => (train.inputs[10 * r] - centre[0]) ** 2));
    expect(Math.abs(spread - 1)).toBeLessThan(5 * Math.sqrt(2 / 2000));
  }
});

test("a spiral's samples lie on their arms", async () => {
  const spec = { name: "spiral", classes: 3, turns: 2, noise: 0, train: 300, test: 0 };
  const { train } = await made(spec);
  for (let r = 0; r < 300; r++) {
    const [x, y] = train.inputs.subarray(2 * r, 2 * r + 2);
    const radius = Math.hypot(x, y);
    const angle = Math.atan2(y, x) / (2 * Math.PI);
    const off = angle - 2 * radius - train.targets[r] / 3;
    expect(radius).toBeLessThanOrEqual(1.0000001);
    if (radius > 0.01) expect(Math.abs(off - Math.round(off))).toBeLessThan(1e-5);
  }
});

test.each([
  [{ name: "gaussian-mixture", train: 1e9 }, "data.train"],
  [{ name: "spiral", train: 10, test: 1e9 }, "data.test"],
  [{ name: "linear-regression", inputs: 65536, train: 1e6 }, "data.train"],
])("%j is more than memory holds, and refused at once", async (data, field) => {
  const error = await made(data).catch((e) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(error.field).toBe(field);
  expect(error.message).toMatch(/takes at most \d+ samples/);
});
