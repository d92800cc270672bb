import { InputError } from "../errors/errors.js";
import type { Dataset, Split, Task } from "./dataset.js";
import { labelsOf } from "./labels.js";

/** Rows of numbers, from any kind of file. */
export interface Table {
  readonly name: string;
  readonly rows: number;
  readonly inputs: Float32Array | Float64Array | Uint8Array;
  /** `[rows]` or `[rows, outputs]`. */
  readonly targets: Float32Array | Float64Array | Uint8Array;
  /** Whether the targets were stored as floating-point numbers. */
  readonly floats: boolean;
  readonly task?: Task;
  readonly classes?: number;
  readonly train?: number;
  readonly test: number;
}

/**
 * Makes a data set from a table: the first `train` rows, and the `test` rows that follow them. `labelsOf` decides
 * whether its targets are classes or numbers.
 */
export function tableDataset(table: Table): Dataset {
  const { name, rows, inputs, targets, train, test } = table;
  const trainRows = train ?? rows - test;
  if (trainRows < 1 || trainRows + test > rows) {
    const field = train === undefined ? "data.test" : "data.train";
    throw new InputError(
      field,
      `${field}: ${trainRows} training and ${test} test samples: the file has ${rows}`,
    );
  }
  const outputs = targets.length / rows;
  const found = labelsOf({ ...table, values: targets });
  const width = inputs.length / rows;
  const split = (first: number, count: number): Split => {
    const x = inputs.subarray(first * width, (first + count) * width);
    return {
      rows: count,
      inputs: x instanceof Float64Array ? single(x, "inputs") : x,
      targets: found
        ? Uint32Array.from({ length: count }, (_, r) => found.labels[first + r])
        : single(targets.subarray(first * outputs, (first + count) * outputs), "targets"),
    };
  };
  return {
    name,
    task: found ? "classification" : "regression",
    inputs: width,
    outputs: found ? found.classes : outputs,
    scale: 1,
    shift: 0,
    train: split(0, trainRows),
    test: test > 0 ? split(trainRows, test) : null,
  };
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
