import type { Dataset } from "../data/dataset.js";
import { InputError } from "../errors/errors.js";
import { checkSizeWithData } from "./checkSize.js";
import type { Experiment } from "./schema.js";

/**
 * Checks the parts of an experiment that depend on the loaded data.
 * @returns the loss that the network is trained on.
 * @throws InputError that names the field.
 */
export function checkAgainstData(experiment: Experiment, data: Dataset): "cross-entropy" | "mse" {
  const { network, optimizer, record, stop } = experiment;
  const regression = data.task === "regression";
  if (network.inputs !== undefined && network.inputs !== data.inputs) {
    throw new InputError(
      "network.inputs",
      `network.inputs is ${network.inputs}: ${data.name} has ${data.inputs} inputs per sample`,
    );
  }
  if (network.outputs !== undefined && network.outputs !== data.outputs) {
    throw new InputError(
      "network.outputs",
      `network.outputs is ${network.outputs}: ${data.name} has ${data.outputs} ${regression ? "numbers per target" : "classes"}`,
    );
  }
  const loss = lossFor(data, network.loss);
  if (regression && stop.trainAccuracy !== undefined) {
    throw new InputError(
      "stop.trainAccuracy",
      `stop.trainAccuracy is ${stop.trainAccuracy}: ${data.name} has numbers for targets, so there is no accuracy; takes stop.loss instead`,
    );
  }
  if (optimizer.batchSize !== "full" && optimizer.batchSize > data.train.rows) {
    throw new InputError(
      "optimizer.batchSize",
      `optimizer.batchSize is ${optimizer.batchSize}: takes at most the number of training samples, ${data.train.rows}, or "full"`,
    );
  }
  if (record.evaluateSamples !== undefined && record.evaluateSamples > data.train.rows) {
    throw new InputError(
      "record.evaluateSamples",
      `record.evaluateSamples is ${record.evaluateSamples}: takes at most the number of training samples, ${data.train.rows}`,
    );
  }
  checkSizeWithData(experiment, data);
  return loss;
}

/**
 * The loss of a network on this data: the given one, or else the one that matches the targets.
 * @throws InputError (`network.loss`) for cross-entropy on targets that are numbers.
 */
export function lossFor(
  { name, task }: Pick<Dataset, "name" | "task">,
  given: "cross-entropy" | "mse" | undefined,
): "cross-entropy" | "mse" {
  if (task === "regression" && given === "cross-entropy") {
    throw new InputError(
      "network.loss",
      `network.loss is "cross-entropy": ${name} has numbers for targets, not classes; takes "mse"`,
    );
  }
  return given ?? (task === "regression" ? "mse" : "cross-entropy");
}
