import { InputError } from "../errors/errors.js";
import type { Dataset, Split, Task } from "./dataset.js";

/** Numbers in rows, however they were stored. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly inputs: Float32Array | Float64Array | Uint8Array;
  /** `[rows]` or `[rows, outputs]`. */
  readonly targets: Float32Array | Float64Array | Uint8Array;
  readonly task?: Task;
  readonly train?: number;
  readonly test: number;
}

/**
 * A data set from a table: the first `train` rows, and the `test` rows that follow them. Targets are classes
 * if they are said to be, or if every one is a small non-negative integer.
 */
export function tableDataset({ name, rows, inputs, targets, task, train, test }: Table): Dataset {
  const trainRows = train ?? rows - test;
  if (trainRows < 1 || trainRows + test > rows) {
    const field = train === undefined ? "data.test" : "data.train";
    throw new InputError(
      field,
      `${field}: ${trainRows} training and ${test} test samples: the file has ${rows}`,
    );
  }
  const outputs = targets.length / rows;
  const classes = outputs === 1 && targets.every(isClass);
  if (task === "classification" && !classes) {
    throw new InputError(
      "data.task",
      'data.task is "classification": the targets are not integers from 0 to 65535, one a sample',
    );
  }
  const kind: Task = task ?? (classes ? "classification" : "regression");
  const width = inputs.length / rows;
  const split = (first: number, count: number): Split => {
    const x = inputs.subarray(first * width, (first + count) * width);
    const y = targets.subarray(first * outputs, (first + count) * outputs);
    return {
      rows: count,
      inputs: x instanceof Float64Array ? single(x, "inputs") : x,
      targets: kind === "classification" ? Uint32Array.from(y) : single(y, "targets"),
    };
  };
  return {
    name,
    task: kind,
    inputs: width,
    outputs: kind === "classification" ? 1 + Math.max(1, largest(targets)) : outputs,
    scale: 1,
    shift: 0,
    train: split(0, trainRows),
    test: test > 0 ? split(trainRows, test) : null,
  };
}

function isClass(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 65536;
}

function single(values: ArrayLike<number>, what: string): Float32Array {
  const out = Float32Array.from(values);
  const bad = out.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new InputError(
      "data",
      `data: ${what}[${bad}] is ${values[bad]}: beyond what float32 holds`,
    );
  return out;
}

function largest(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) if (values[i] > max) max = values[i];
  return max;
}
