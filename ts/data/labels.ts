import { InputError } from "../errors/errors.js";
import type { Task } from "./dataset.js";

export interface Targets {
  /** `[rows]` or `[rows, outputs]`, row-major. */
  readonly values: ArrayLike<number>;
  readonly rows: number;
  /** Whether they were stored as floating-point numbers. */
  readonly floats: boolean;
  readonly task?: Task;
  /** Number of classes. */
  readonly classes?: number;
}

export interface Labels {
  readonly classes: number;
  /** `[rows]`: integers from 0 to `classes - 1`. */
  readonly labels: ArrayLike<number>;
}

export const MOST_CLASSES = 65536;
/**
 * Without `task` or `classes`, integers with more distinct values than this are classes only if there are at least two
 * samples per class on average.
 */
const FEW_CLASSES = 16;

/**
 * The labels that the targets are, or null if they are numbers. `task` and `classes` decide. Without them
 *
 * - integers are labels if they are 0 to K - 1 and each of these occurs;
 * - targets with a fraction among them, and rows of several numbers, are numbers;
 * - all others may be either, and are refused: integers of another range, integers stored as floating-point numbers,
 *   and rows with a single 1 among zeros.
 * @throws InputError with what was found and what to set.
 */
export function labelsOf(targets: Targets): Labels | null {
  const { values, rows, task, classes } = targets;
  if (task === "regression") {
    if (classes === undefined) return null;
    throw new InputError(
      "data.classes",
      `data.classes is ${classes}: data.task is "regression", and takes no classes`,
    );
  }
  if (values.length > rows) return labelsOfRows(targets);
  return task === undefined && classes === undefined ? unasked(targets) : asked(targets);
}

/** Rows of several numbers are labels if each holds a single 1 among zeros, and `task` or `classes` says so. */
function labelsOfRows({ values, rows, task, classes }: Targets): Labels | null {
  const outputs = values.length / rows;
  const labels = new Uint32Array(rows);
  let other = -1;
  for (let r = 0; r < rows && other < 0; r++) {
    let ones = 0;
    for (let k = 0; k < outputs; k++) {
      const value = values[r * outputs + k];
      if (value === 1) labels[r] = k;
      if (value !== 0) ones += value === 1 ? 1 : 2;
    }
    if (ones !== 1) other = r;
  }
  if (task === undefined && classes === undefined) {
    if (other >= 0) return null;
    return ask(`the targets are rows of ${outputs} numbers, a single 1 among zeros`);
  }
  const [field, said] = saying({ task, classes });
  if (other >= 0) {
    throw new InputError(
      field,
      `${said}: the targets are not integers from 0, but rows of ${outputs} numbers, and that of sample ${other} is not a single 1 among zeros`,
    );
  }
  if (classes !== undefined && classes !== outputs) {
    throw new InputError(
      field,
      `${said}: the targets are rows of ${outputs} numbers, a single 1 among zeros: takes ${outputs}`,
    );
  }
  return { classes: outputs, labels };
}

function asked({ values, rows, task, classes }: Targets): Labels {
  const [field, said] = saying({ task, classes });
  for (let r = 0; r < rows; r++) {
    const value = values[r];
    if (Number.isInteger(value) && value >= 0 && value < (classes ?? MOST_CLASSES)) continue;
    throw new InputError(
      field,
      `${said}: the targets are not integers from 0 to ${(classes ?? MOST_CLASSES) - 1}: that of sample ${r} is ${value}`,
    );
  }
  if (classes !== undefined) return { classes, labels: values };
  const { max, absent } = range(values, rows);
  if (absent === null && max > 0) return { classes: max + 1, labels: values };
  const found =
    absent === null ? "all targets are 0" : `the largest target is ${max}, and none is ${absent}`;
  throw new InputError(
    "data.classes",
    `data.classes is not set: ${found}: number the classes from 0 without a gap, or set it to ${Math.max(2, max + 1)} to have classes without a sample`,
  );
}

function unasked({ values, rows, floats }: Targets): Labels | null {
  for (let r = 0; r < rows; r++) if (!Number.isInteger(values[r])) return null;
  const { min, max, absent } = range(values, rows);
  const classes = max + 1;
  const labels = min === 0 && max > 0 && absent === null;
  if (labels && !floats && classes <= Math.max(FEW_CLASSES, rows / 2)) {
    return { classes, labels: values };
  }
  return ask(
    `the targets are integers from ${min} to ${max}${floats ? " that are stored as floating-point numbers" : ""}${absent === null ? `, of ${rows} samples` : `, and none is ${absent}`}`,
  );
}

/**
 * The smallest and largest of integers, and the first number from 0 on that is missing below the largest; null if none
 * is.
 */
function range(values: ArrayLike<number>, rows: number) {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let r = 0; r < rows; r++) {
    min = Math.min(min, values[r]);
    max = Math.max(max, values[r]);
  }
  const seen = new Uint8Array(Math.min(rows, max < 0 ? 0 : max) + 1);
  for (let r = 0; r < rows; r++) if (values[r] >= 0 && values[r] < seen.length) seen[values[r]] = 1;
  const gap = seen.indexOf(0);
  return { min, max, absent: gap < 0 || gap > max ? null : gap };
}

/** The field that says that targets are classes, and how messages quote it. */
function saying({ task, classes }: Pick<Targets, "task" | "classes">): [string, string] {
  return classes === undefined
    ? ["data.task", `data.task is "${task}"`]
    : ["data.classes", `data.classes is ${classes}`];
}

function ask(found: string): never {
  throw new InputError(
    "data.task",
    `data.task is not set: ${found}: set it to "regression" if they are numbers, or to "classification" if they are classes, with their number in data.classes where some of 0, 1, ... do not occur`,
  );
}
