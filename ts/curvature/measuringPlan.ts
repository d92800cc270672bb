import { areBytes, type Dataset, targetLength } from "../data/dataset.js";
import { InputError, shown } from "../errors/errors.js";
import { lossFor } from "../experiment/checkAgainstData.js";
import type { Network } from "../program/network.js";
import type { Plan } from "../program/workspace.js";

/** @throws InputError if a network and data do not match in inputs, outputs or loss. */
export function checkFit({ widths, loss }: Network, data: Dataset): void {
  const outputs = widths[widths.length - 1];
  if (widths[0] !== data.inputs || outputs !== data.outputs) {
    throw new InputError(
      "data",
      `the network has ${widths[0]} inputs and ${outputs} outputs: ${data.name} has ${data.inputs} inputs and ${data.outputs} ${data.task === "regression" ? "numbers per target" : "classes"}; takes data of the network's shape`,
    );
  }
  // Callers without type checks may pass another loss, which would be treated as the squared error.
  if (loss !== "cross-entropy" && loss !== "mse") {
    throw new InputError(
      "network.loss",
      `network.loss is ${shown(loss)}: takes one of cross-entropy, mse`,
    );
  }
  lossFor(data, loss);
}

/** A plan for measuring only. Its settings for training have no effect. */
export function measuringPlan(network: Network, data: Dataset, samples: number): Plan {
  return {
    network,
    learningRate: 0,
    momentum: 0,
    weightDecay: 0,
    batch: samples,
    trainRows: samples,
    testRows: 0,
    evaluateRows: samples,
    classes: data.task === "classification",
    inputType: areBytes(data.train.inputs) ? "byte" : "float",
    inputScale: data.scale,
    inputShift: data.shift,
  };
}

/** The training samples `first` to `first + rows - 1`. */
export function someRows(
  { train, ...shape }: Dataset,
  first: number,
  rows: number,
): Dataset["train"] {
  const { inputs } = shape;
  const perTarget = targetLength(shape);
  return {
    rows,
    inputs: train.inputs.subarray(first * inputs, (first + rows) * inputs),
    targets: train.targets.subarray(first * perTarget, (first + rows) * perTarget),
  };
}
