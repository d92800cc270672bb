import { InputError, shown } from "../errors/errors.js";
import { areBytes, type Dataset, type Split, targetLength } from "./dataset.js";

/** Limit on the number of classes. Labels are stored as float32, and each class is a unit of the last layer. */
export const MOST_CLASSES = 65_536;
/** The largest float32 number. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

const INPUTS = ["Uint8Array", "Float32Array", "Float64Array"];
const TARGETS = ["Uint32Array", "Float32Array", "Float64Array"];

/**
 * Checks everything that machines rely on in a data set: sizes, types, lengths, labels and numbers.
 * @param field what messages call the data set.
 * @returns the data set.
 * @throws InputError that names the part, its value and what is accepted.
 */
export function checkDataset(dataset: Dataset, field = "dataset"): Dataset {
  if (typeof dataset !== "object" || dataset === null) refuse(field, dataset, "a data set");
  const { name, task, inputs, outputs, scale, shift, train, test } = dataset;
  const classes = task === "classification";
  if (typeof name !== "string") refuse(`${field}.name`, name, "a text");
  if (!classes && task !== "regression") {
    refuse(`${field}.task`, task, '"classification" or "regression"');
  }
  checkCount(inputs, `${field}.inputs`, "the numbers of a sample");
  checkCount(
    outputs,
    `${field}.outputs`,
    classes ? "the number of classes" : "the numbers of a target",
  );
  if (classes && (outputs < 2 || outputs > MOST_CLASSES)) {
    refuse(`${field}.outputs`, outputs, `2 to ${MOST_CLASSES} classes`);
  }
  if (!isSingle(scale) || Math.fround(scale) === 0) {
    refuse(`${field}.scale`, scale, "a finite float32 number, not 0");
  }
  if (!isSingle(shift)) refuse(`${field}.shift`, shift, "a finite float32 number");
  checkSplit(dataset, train, `${field}.train`);
  if (test === null) return dataset;
  checkSplit(dataset, test, `${field}.test`);
  if (areBytes(test.inputs) !== areBytes(train.inputs)) {
    const as = areBytes(train.inputs) ? "Uint8Array, as" : "floats, as";
    refuse(`${field}.test.inputs`, kindOf(test.inputs), `${as} ${field}.train.inputs is`, String);
  }
  return dataset;
}

function checkSplit(dataset: Dataset, split: Split, field: string): void {
  if (typeof split !== "object" || split === null) {
    refuse(field, split, "rows, inputs and targets");
  }
  const { rows, inputs, targets } = split;
  checkCount(rows, `${field}.rows`, "the number of samples");
  checkArray(inputs, INPUTS, `${field}.inputs`);
  checkArray(targets, TARGETS, `${field}.targets`);
  const width = targetLength(dataset);
  checkLength(inputs, rows, dataset.inputs, `${field}.inputs`);
  checkLength(targets, rows, width, `${field}.targets`);
  checkSingles(inputs, dataset.inputs, `${field}.inputs`);
  checkRange(dataset, inputs, `${field}.inputs`);
  if (dataset.task === "classification") checkLabels(targets, dataset.outputs, `${field}.targets`);
  else checkSingles(targets, width, `${field}.targets`);
}

export function checkCount(value: number, field: string, what: string): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    refuse(field, value, `${what}, an integer of at least 1`);
  }
}

function checkArray(values: unknown, types: readonly string[], field: string): void {
  const kind = kindOf(values);
  if (!types.includes(kind)) refuse(field, kind, `one of ${types.join(", ")}`, String);
}

/** The name of a typed array's type. Other values are returned as messages show them. */
export function kindOf(values: unknown): string {
  if (!ArrayBuffer.isView(values)) return shown(values);
  return Object.prototype.toString.call(values).slice("[object ".length, -1);
}

export function checkLength(
  { length }: ArrayLike<unknown>,
  rows: number,
  width: number,
  field: string,
): void {
  if (length === rows * width) return;
  const each = width === 1 ? "one per sample" : `${width} per sample`;
  throw new InputError(
    field,
    `${field} has ${length} numbers: ${rows} samples take ${rows * width}, ${each}`,
  );
}

/**
 * Checks that all values are finite in float32.
 * @param width numbers per sample, so that messages can tell the place of the first bad one.
 */
export function checkSingles(values: ArrayLike<unknown>, width: number, field: string): void {
  if (values instanceof Uint8Array) return;
  for (let i = 0; i < values.length; i++) {
    if (isSingle(values[i])) continue;
    const place = width === 1 ? "" : `, number ${i % width}`;
    throw new InputError(
      field,
      `${field}, sample ${Math.floor(i / width)}${place}: ${shown(values[i])} is not a finite float32 number`,
    );
  }
}

/** Networks see `scale * x + shift`, and all machines but the reference compute it in float32. */
function checkRange({ scale, shift }: Dataset, inputs: Split["inputs"], field: string): void {
  const fits = (size: number) => Math.abs(scale) * size + Math.abs(shift) <= MOST;
  if (inputs instanceof Uint8Array && fits(255)) return;
  let most = 0;
  for (let i = 0; i < inputs.length; i++) most = Math.max(most, Math.abs(inputs[i]));
  if (fits(most)) return;
  throw new InputError(
    field,
    `${field} has a number of size ${most}: times ${scale}, plus ${shift}, it exceeds float32`,
  );
}

export function checkLabels(labels: ArrayLike<unknown>, classes: number, field: string): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && (label as number) >= 0 && (label as number) < classes) continue;
    throw new InputError(
      field,
      `${field}, sample ${i}: ${shown(label)} is not a class: takes an integer from 0 to ${classes - 1}`,
    );
  }
}

/** Whether a value is a number that is finite when rounded to float32. */
export function isSingle(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(Math.fround(value));
}

export function refuse(field: string, value: unknown, takes: string, show = shown): never {
  throw new InputError(field, `${field} is ${show(value)}: takes ${takes}`);
}
