import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { type DatasetInput, datasetOf } from "../../ts/data/datasetOf.js";
import { InputError } from "../../ts/errors/errors.js";

const inputs = [0.5, 1, 2, 3, 4, 5, 6, 7];
const own = { inputs, rows: 4 };

describe("classes", () => {
  test.each([
    ["a typed array of integers", { targets: Uint8Array.of(0, 2, 1, 1) }, 3],
    ["one of signed integers", { targets: Int32Array.of(0, 1, 1, 1) }, 2],
    ["a list, with their number", { targets: [0, 2, 1, 1], classes: 3 }, 3],
    ["floats, with their number", { targets: Float64Array.of(0, 2, 1, 1), classes: 5 }, 5],
    ["with one that no sample has", { targets: Uint8Array.of(1, 2, 1, 1), classes: 4 }, 4],
  ])("%s", (_, rest, outputs) => {
    const { task, outputs: found, train, test: held } = datasetOf({ ...own, ...rest });
    expect({ task, found, held }).toEqual({ task: "classification", found: outputs, held: null });
    expect(train.targets).toEqual(Uint32Array.from(rest.targets));
  });

  test("that only the test split has count", () => {
    const test = { inputs: [1, 2], targets: Uint8Array.of(2), rows: 1 };
    expect(datasetOf({ ...own, targets: Uint8Array.of(0, 0, 1, 1), test }).outputs).toBe(3);
  });
});

describe("numbers", () => {
  test("a typed array of floats, whole or not, in rows", () => {
    const targets = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const { task, outputs, train } = datasetOf({ ...own, targets });
    expect({ task, outputs }).toEqual({ task: "regression", outputs: 2 });
    expect(train).toEqual({ rows: 4, inputs: Float32Array.from(inputs), targets });
  });

  test("a list with a fraction in it", () => {
    const { task, outputs, train } = datasetOf({ ...own, targets: [1, 2, 3, 4.25] });
    expect({ task, outputs }).toEqual({ task: "regression", outputs: 1 });
    expect(train.targets).toEqual(Float32Array.of(1, 2, 3, 4.25));
  });
});

test("bytes stay bytes where all are, and become floats where not", () => {
  const bytes = Uint8Array.from([9, 8, 7, 6]);
  const base = { inputs: bytes, rows: 4, targets: [0.5, 1, 2, 3] };
  expect(datasetOf({ ...base, scale: 1 / 255, shift: -1 })).toMatchObject({
    ...{ name: "own", inputs: 1, scale: 1 / 255, shift: -1 },
    train: { inputs: bytes },
  });
  const test = { inputs: [0.5], targets: [1], rows: 1 };
  const mixed = datasetOf({ ...base, test });
  expect(mixed.train.inputs).toEqual(Float32Array.of(9, 8, 7, 6));
  expect(mixed.test).toEqual({
    rows: 1,
    inputs: Float32Array.of(0.5),
    targets: Float32Array.of(1),
  });
});

test("it copies, so that a change of the caller's arrays is no change of the data", () => {
  const mine = Uint8Array.of(1, 2);
  const labels = Uint32Array.of(0, 1);
  const { train } = datasetOf({ inputs: mine, targets: labels, rows: 2 });
  mine[0] = 99;
  labels[0] = 77;
  expect([...train.inputs, ...train.targets]).toEqual([1, 2, 0, 1]);
});

test("arrays of another realm are arrays", () => {
  const [bytes, labels] = runInNewContext("[Uint8Array.of(7, 9), Int8Array.of(1, 0)]");
  const { train, task } = datasetOf({ inputs: bytes, targets: labels, rows: 2 });
  expect(task).toBe("classification");
  expect(train.inputs).toEqual(Uint8Array.of(7, 9));
  expect(train.targets).toEqual(Uint32Array.of(1, 0));
});

const targets = Uint8Array.of(0, 1, 1, 0);
const BAD: [string, unknown, string, RegExp][] = [
  ["nothing", undefined, "dataset", /^dataset is undefined: takes an object/],
  [
    "a list of integers",
    { ...own, targets: [0, 1, 1, 0] },
    "targets",
    /list of integers: takes the number of `classes`.*or a Float32Array/,
  ],
  [
    "years",
    { ...own, targets: Int16Array.of(1990, 1991, 1992, 1993) },
    "targets",
    /no sample of class 0: classes count from 0 without a gap/,
  ],
  [
    "labels from 1 on",
    { ...own, targets: Uint8Array.of(1, 2, 3, 1) },
    "targets",
    /no sample of class 0/,
  ],
  ["a gap", { ...own, targets: Uint8Array.of(0, 1, 3, 1) }, "targets", /no sample of class 2/],
  ["one class alone", { ...own, targets: new Uint8Array(4) }, "targets", /no sample of class 1/],
  [
    "a label below 0",
    { ...own, targets: Int8Array.of(0, 1, -1, 1) },
    "targets",
    /^targets, sample 2: -1 is not a class/,
  ],
  [
    "a label beyond the classes",
    { ...own, targets: [0, 1, 9, 1], classes: 3 },
    "targets",
    /^targets, sample 2: 9 is not a class: takes an integer from 0 to 2$/,
  ],
  [
    "half a class",
    { ...own, targets: [0, 1, 0.5, 1], classes: 3 },
    "targets",
    /^targets, sample 2: 0.5 is not a class/,
  ],
  [
    "one-hot rows",
    { ...own, targets: Uint8Array.of(1, 0, 0, 1, 1, 0, 0, 1) },
    "targets",
    /has 8 integers: takes one class for each of 4 samples; numbers are a Float32Array/,
  ],
  [
    "one class",
    { ...own, targets, classes: 1 },
    "classes",
    /^classes is 1: takes an integer from 2 to 65536$/,
  ],
  ["classes in words", { ...own, targets, classes: "2" }, "classes", /^classes is "2": takes/],
  [
    "a field that there is not",
    { ...own, targets, labels: targets },
    "labels",
    /^labels is not a field of dataset: the known ones are rows, inputs, targets, test/,
  ],
  ["no rows", { inputs, targets }, "rows", /^rows is undefined: takes the number of samples/],
  [
    "rows that do not divide the inputs",
    { inputs, targets, rows: 3 },
    "inputs",
    /^inputs has 8 numbers: 3 rows take a multiple of 3$/,
  ],
  ["no inputs", { inputs: [], targets, rows: 4 }, "inputs", /^inputs has 0 numbers/],
  [
    "rows of lists",
    { inputs: [[1], [2], [3], [4]], targets, rows: 4 },
    "inputs",
    /^inputs, sample 0: \[1\] is not a finite float32 number/,
  ],
  [
    "numbers in words",
    { inputs: ["1", "2", "3", "4"], targets, rows: 4 },
    "inputs",
    /^inputs, sample 0: "1" is not a finite float32 number/,
  ],
  [
    "holes",
    { inputs: new Array(4), targets, rows: 4 },
    "inputs",
    /^inputs, sample 0: undefined is not a finite float32 number/,
  ],
  [
    "NaN",
    { inputs: [1, Number.NaN, 3, 4], targets, rows: 4 },
    "inputs",
    /^inputs, sample 1: NaN is not a finite float32 number/,
  ],
  [
    "more than float32 holds",
    { ...own, targets: Float64Array.of(1, 2, 1e39, 4) },
    "targets",
    /^targets, sample 2: 1e\+39 is not a finite float32 number/,
  ],
  [
    "BigInts",
    { ...own, targets: BigInt64Array.of(0n, 1n, 1n, 0n) },
    "targets",
    /^targets is BigInt64Array: takes a list of numbers or a typed array, but not of BigInts/,
  ],
  [
    "a buffer",
    { ...own, inputs: new ArrayBuffer(8), targets },
    "inputs",
    /^inputs is .*: takes a list of numbers or a typed array/,
  ],
  [
    "a test split of another width",
    { ...own, targets, test: { inputs: [1], targets: Uint8Array.of(1), rows: 1 } },
    "test.inputs",
    /^test.inputs has 1 numbers: 1 samples take 2, 2 per sample/,
  ],
  [
    "a test label beyond the classes",
    { ...own, targets, classes: 2, test: { inputs: [1, 2], targets: [2], rows: 1 } },
    "test.targets",
    /^test.targets, sample 0: 2 is not a class/,
  ],
  [
    "a test split with a field of its own",
    { ...own, targets, test: { inputs: [1, 2], targets: [1], rows: 1, classes: 2 } },
    "classes",
    /^classes is not a field of test/,
  ],
  [
    "a scale of 0",
    { ...own, targets, scale: 0 },
    "dataset.scale",
    /^dataset.scale is 0: takes a finite float32 number, not 0/,
  ],
];

test.each(BAD)("%s: refused in one line", (_, input, field, message) => {
  let error: unknown;
  try {
    datasetOf(input as DatasetInput);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).field).toBe(field);
  expect((error as InputError).message).toMatch(message);
});
