import { describe, expect, test } from "vitest";
import { verify } from "../../ts/check/verify/verify.js";
import { checkDataset } from "../../ts/data/checkDataset.js";
import type { Dataset } from "../../ts/data/dataset.js";
import { InputError } from "../../ts/errors/errors.js";
import { train } from "../../ts/jobs/train.js";
import { bystander } from "../../ts/probe/bystander.js";
import { predictionOf } from "../../ts/probe/predictionOf.js";
import { probe } from "../../ts/probe/probe.js";
import { sweep } from "../../ts/sweep/sweep.js";
import { dryRun } from "../../ts/train/dryRun.js";

const floats = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));

/** Ten samples of three inputs in three classes, four of them held out. */
const classes: Dataset = {
  name: "own",
  task: "classification",
  inputs: 3,
  outputs: 3,
  scale: 1,
  shift: 0,
  train: { rows: 6, inputs: floats(18), targets: Uint32Array.of(0, 1, 2, 0, 1, 2) },
  test: { rows: 4, inputs: floats(12), targets: Uint32Array.of(2, 1, 0, 0) },
};
const numbers: Dataset = {
  ...classes,
  task: "regression",
  outputs: 2,
  train: { rows: 6, inputs: floats(18), targets: floats(12) },
  test: null,
};

const train3 = (targets: Dataset["train"]["targets"]): Dataset => ({
  ...classes,
  train: { ...classes.train, targets },
});
const given = (inputs: Dataset["train"]["inputs"]): Dataset => ({
  ...classes,
  train: { ...classes.train, inputs },
});
const at = <T extends Float32Array | Uint32Array | Float64Array>(
  values: T,
  i: number,
  x: number,
) => {
  const changed = values.slice() as T;
  changed[i] = x;
  return changed;
};

// What is wrong, the field that is named, and the line that is said.
const BAD: [string, unknown, string, string][] = [
  ["nothing", null, "dataset", "dataset is null: takes a data set"],
  [
    "a name that is none",
    { ...classes, name: 7 },
    "dataset.name",
    "dataset.name is 7: takes a text",
  ],
  [
    "a task that there is not",
    { ...classes, task: "ranking" },
    "dataset.task",
    'dataset.task is "ranking": takes "classification" or "regression"',
  ],
  [
    "no inputs",
    { ...classes, inputs: 0 },
    "dataset.inputs",
    "dataset.inputs is 0: takes the numbers of a sample, an integer of at least 1",
  ],
  [
    "one class",
    { ...classes, outputs: 1 },
    "dataset.outputs",
    "dataset.outputs is 1: takes 2 to 65536 classes",
  ],
  [
    "more classes than a layer has units",
    { ...classes, outputs: 2e9 },
    "dataset.outputs",
    "dataset.outputs is 2000000000: takes 2 to 65536 classes",
  ],
  [
    "half an output",
    { ...numbers, outputs: 1.5 },
    "dataset.outputs",
    "dataset.outputs is 1.5: takes the numbers of a target, an integer of at least 1",
  ],
  [
    "a scale that is nothing in float32",
    { ...classes, scale: 1e-60 },
    "dataset.scale",
    "dataset.scale is 1e-60: takes a finite float32 number, not 0",
  ],
  [
    "a shift that is not finite",
    { ...classes, shift: Number.NaN },
    "dataset.shift",
    "dataset.shift is NaN: takes a finite float32 number",
  ],
  [
    "no training samples",
    { ...classes, train: { ...classes.train, rows: 0 } },
    "dataset.train.rows",
    "dataset.train.rows is 0: takes the number of samples, an integer of at least 1",
  ],
  [
    "half of the inputs",
    given(floats(9)),
    "dataset.train.inputs",
    "dataset.train.inputs has 9 numbers: 6 samples take 18, 3 per sample",
  ],
  [
    "a list for inputs",
    given([1, 2, 3] as unknown as Float32Array),
    "dataset.train.inputs",
    "dataset.train.inputs is [1,2,3]: takes one of Uint8Array, Float32Array, Float64Array",
  ],
  [
    "inputs of a type that machines do not store",
    given(new Int16Array(18) as unknown as Float32Array),
    "dataset.train.inputs",
    "dataset.train.inputs is Int16Array: takes one of Uint8Array, Float32Array, Float64Array",
  ],
  [
    "an input that is no number",
    given(at(floats(18), 10, Number.NaN)),
    "dataset.train.inputs",
    "dataset.train.inputs, sample 3, number 1: NaN is not a finite float32 number",
  ],
  [
    "an input beyond float32",
    given(at(Float64Array.from(floats(18)), 3, 1e39)),
    "dataset.train.inputs",
    "dataset.train.inputs, sample 1, number 0: 1e+39 is not a finite float32 number",
  ],
  [
    "inputs that leave float32 once they are scaled",
    { ...given(at(floats(18), 0, 1e20)), scale: 1e20 },
    "dataset.train.inputs",
    "dataset.train.inputs has a number of size 100000002004087730000: times 100000000000000000000, plus 0, it exceeds float32",
  ],
  [
    "label 9 of 3 classes",
    train3(Uint32Array.of(0, 1, 2, 0, 9, 2)),
    "dataset.train.targets",
    "dataset.train.targets, sample 4: 9 is not a class: takes an integer from 0 to 2",
  ],
  [
    "label 4e9",
    train3(Uint32Array.of(4e9, 1, 2, 0, 1, 2)),
    "dataset.train.targets",
    "dataset.train.targets, sample 0: 4000000000 is not a class: takes an integer from 0 to 2",
  ],
  [
    "a label between two classes",
    train3(Float32Array.of(0, 1, 2, 0.5, 1, 2)),
    "dataset.train.targets",
    "dataset.train.targets, sample 3: 0.5 is not a class: takes an integer from 0 to 2",
  ],
  [
    "a label below 0",
    train3(Float64Array.of(0, 1, 2, 0, 1, -1)),
    "dataset.train.targets",
    "dataset.train.targets, sample 5: -1 is not a class: takes an integer from 0 to 2",
  ],
  [
    "too few labels",
    train3(Uint32Array.of(0, 1, 2)),
    "dataset.train.targets",
    "dataset.train.targets has 3 numbers: 6 samples take 6, one per sample",
  ],
  [
    "one target of two outputs",
    { ...numbers, train: { ...numbers.train, targets: floats(6) } },
    "dataset.train.targets",
    "dataset.train.targets has 6 numbers: 6 samples take 12, 2 per sample",
  ],
  [
    "a target that is infinite",
    { ...numbers, train: { ...numbers.train, targets: at(floats(12), 11, Infinity) } },
    "dataset.train.targets",
    "dataset.train.targets, sample 5, number 1: Infinity is not a finite float32 number",
  ],
  [
    "a test split that is not there",
    { ...classes, test: undefined },
    "dataset.test",
    "dataset.test is undefined: takes rows, inputs and targets",
  ],
  [
    "a label of the test split",
    { ...classes, test: { ...classes.test, targets: Uint32Array.of(2, 3, 0, 0) } },
    "dataset.test.targets",
    "dataset.test.targets, sample 1: 3 is not a class: takes an integer from 0 to 2",
  ],
  [
    "test inputs of another width",
    { ...classes, test: { ...classes.test, inputs: floats(8) } },
    "dataset.test.inputs",
    "dataset.test.inputs has 8 numbers: 4 samples take 12, 3 per sample",
  ],
  [
    "floats beside bytes",
    given(new Uint8Array(18)),
    "dataset.test.inputs",
    "dataset.test.inputs is Float32Array: takes Uint8Array, as dataset.train.inputs is",
  ],
  [
    "bytes beside floats",
    { ...classes, test: { ...classes.test, inputs: new Uint8Array(12) } },
    "dataset.test.inputs",
    "dataset.test.inputs is Uint8Array: takes floats, as dataset.train.inputs is",
  ],
];

test.each(BAD)("%s is refused in one line", (_, dataset, field, message) => {
  let error: unknown;
  try {
    checkDataset(dataset as Dataset);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(InputError);
  expect(error).toMatchObject({ field, message });
});

test.each([
  ["classes with a test split", classes],
  ["numbers without one", numbers],
  ["labels that are floats", train3(Float32Array.of(0, 1, 2, 0, 1, 2))],
  ["bytes", { ...given(new Uint8Array(18)), test: null, scale: 1 / 255, shift: -0.5 }],
])("%s pass as they are", (_, dataset) => {
  expect(checkDataset(dataset)).toBe(dataset);
});

// The doors that take a data set.
const noise = [{ sigma: 1 }];
const optimizer = { batchSize: 3 };
const input = { network: { layers: [4] }, optimizer, steps: 4 };
const DOORS: [string, (dataset: Dataset) => Promise<unknown>][] = [
  ["train", (dataset) => train({ ...input, noise }, { dataset })],
  ["train on the reference", (dataset) => train(input, { dataset, backend: "reference" })],
  ["sweep", async (dataset) => sweep({ ...input, sweep: { seed: [0, 1] } }, { dataset })],
  ["probe", (dataset) => probe({ ...input, noise }, { dataset })],
  ["bystander", (dataset) => bystander({ ...input, noise: [] }, { dataset })],
  ["predictionOf", (dataset) => predictionOf({ ...input, noise }, { dataset })],
  ["verify", (dataset) => verify(input, { dataset })],
  ["dryRun", (dataset) => dryRun(input, { dataset })],
];

describe.each(DOORS)("%s refuses", (_, door) => {
  const wrong = BAD.filter(([what]) => /label 9|label 4e9|half of the inputs|no number/.test(what));
  test.each(wrong)("%s", async (_, dataset, field, message) => {
    await expect(door(dataset as Dataset)).rejects.toMatchObject({
      name: "InputError",
      field,
      message,
    });
  });
});
