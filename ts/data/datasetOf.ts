import { InputError } from "../errors/errors.js";
import {
  checkCount,
  checkDataset,
  checkLabels,
  checkLength,
  checkSingles,
  kindOf,
  MOST_CLASSES,
  refuse,
} from "./checkDataset.js";
import type { Dataset, Split } from "./dataset.js";

/** A list of numbers or a typed array. */
export type Numbers =
  | readonly number[]
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Samples in rows. */
export interface Samples {
  /** Number of samples. */
  readonly rows: number;
  /** `[rows, inputs]`, row-major, in one flat array. */
  readonly inputs: Numbers;
  /** `[rows]` class indices from 0 on, or `[rows, outputs]` numbers, row-major. */
  readonly targets: Numbers;
}

/** Input of `datasetOf`. */
export interface DatasetInput extends Samples {
  /** Test samples, with the same numbers of inputs and outputs. */
  readonly test?: Samples;
  /** Number of classes. If it is given, targets are class indices. */
  readonly classes?: number;
  /** Name in messages and results; default `own`. */
  readonly name?: string;
  /** A network sees `scale * input + shift`; default 1 and 0. */
  readonly scale?: number;
  /** See `scale`. */
  readonly shift?: number;
}

const SAMPLES = ["rows", "inputs", "targets"];
const FIELDS = [...SAMPLES, "test", "classes", "name", "scale", "shift"];
const BYTES = ["Uint8Array", "Uint8ClampedArray"];
const INTEGERS = [...BYTES, "Int8Array", "Uint16Array", "Int16Array", "Uint32Array", "Int32Array"];
const FLOATS = ["Float32Array", "Float64Array"];

/**
 * Makes a data set from the caller's numbers, which it checks and copies. Targets are classes if `classes` is given, or
 * if they are a typed array of integers. They are numbers if they are a typed array of floats, or a list with a
 * fraction in it. Inputs are stored as bytes if they are all bytes; otherwise as float32, and so are targets that are
 * numbers.
 * @throws InputError that names the field, its value and what is accepted. It also refuses targets that may be either
 * classes or numbers: a list of integers without `classes`, and integers among which a class is missing.
 */
export function datasetOf(input: DatasetInput): Dataset {
  checkFields(input, FIELDS, "dataset");
  const { test, classes, name = "own", scale = 1, shift = 0 } = input;
  if (test !== undefined) checkFields(test, SAMPLES, "test");
  const halves = [{ ...input, field: "" }, ...(test ? [{ ...test, field: "test." }] : [])];
  for (const { rows, inputs, targets, field } of halves) {
    checkCount(rows, `${field}rows`, "the number of samples");
    checkKind(inputs, `${field}inputs`);
    checkKind(targets, `${field}targets`);
  }
  const labelled = classes !== undefined || areClasses(input.targets);
  const width = widthOf(input, "inputs");
  const outputs = labelled ? classesOf(halves, classes) : widthOf(input, "targets");
  for (const { rows, inputs, targets, field } of halves) {
    checkLength(inputs, rows, width, `${field}inputs`);
    checkSingles(inputs, width, `${field}inputs`);
    if (labelled) checkLabels(targets, outputs, `${field}targets`);
    else {
      checkLength(targets, rows, outputs, `${field}targets`);
      checkSingles(targets, outputs, `${field}targets`);
    }
  }
  const Inputs = halves.every(({ inputs }) => BYTES.includes(kindOf(inputs)))
    ? Uint8Array
    : Float32Array;
  const Targets = labelled ? Uint32Array : Float32Array;
  const [train, held] = halves.map(
    ({ rows, inputs, targets }): Split => ({
      rows,
      inputs: Inputs.from(inputs),
      targets: Targets.from(targets),
    }),
  );
  const task = labelled ? "classification" : "regression";
  return checkDataset({
    ...{ name, task, inputs: width, outputs, scale, shift, train },
    test: held ?? null,
  });
}

function checkFields(given: object, known: readonly string[], field: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    refuse(field, given, "an object with rows, inputs and targets");
  }
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue;
    throw new InputError(
      key,
      `${key} is not a field of ${field}: the known ones are ${known.join(", ")}`,
    );
  }
}

function checkKind(values: Numbers, field: string): void {
  if (Array.isArray(values) || [...INTEGERS, ...FLOATS].includes(kindOf(values))) return;
  refuse(field, kindOf(values), "a list of numbers or a typed array, but not of BigInts", String);
}

/** Numbers per sample. */
function widthOf(samples: Samples, part: "inputs" | "targets"): number {
  const { length } = samples[part];
  const width = length / samples.rows;
  if (Number.isInteger(width) && width > 0) return width;
  throw new InputError(
    part,
    `${part} has ${length} numbers: ${samples.rows} rows take a multiple of ${samples.rows}`,
  );
}

/** Whether targets are class indices, if the number of classes is not given. */
function areClasses(targets: Numbers): boolean {
  if (!Array.isArray(targets)) return INTEGERS.includes(kindOf(targets));
  if (!targets.every(Number.isInteger)) return false;
  throw new InputError(
    "targets",
    "targets is a list of integers: takes the number of `classes` as well if they are classes, or a Float32Array if they are numbers",
  );
}

/** The number of classes: the given one, or one more than the largest label. */
function classesOf(
  halves: readonly (Samples & { readonly field: string })[],
  given: number | undefined,
): number {
  for (const { rows, targets, field } of halves) {
    if (targets.length === rows) continue;
    throw new InputError(
      `${field}targets`,
      `${field}targets has ${targets.length} integers: takes one class for each of ${rows} samples; numbers are a Float32Array, without \`classes\``,
    );
  }
  if (given !== undefined) {
    if (Number.isInteger(given) && given > 1 && given <= MOST_CLASSES) return given;
    refuse("classes", given, `an integer from 2 to ${MOST_CLASSES}`);
  }
  const seen = new Set<number>();
  for (const { targets, field } of halves) {
    checkLabels(targets, MOST_CLASSES, `${field}targets`);
    for (let i = 0; i < targets.length; i++) seen.add(targets[i]);
  }
  for (let k = 0; k < Math.max(2, seen.size); k++) {
    if (seen.has(k)) continue;
    throw new InputError(
      "targets",
      `targets has no sample of class ${k}: classes count from 0 without a gap, unless \`classes\` says how many there are; numbers are a Float32Array`,
    );
  }
  return seen.size;
}
