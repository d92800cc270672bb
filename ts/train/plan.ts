import { areBytes, type Dataset } from "../data/dataset.js";
import { checkAgainstData } from "../experiment/checkAgainstData.js";
import type { Experiment } from "../experiment/schema.js";
import type { Network } from "../program/network.js";
import type { Plan } from "../program/workspace.js";

/**
 * Combines an experiment with its data into the plan that lowering takes.
 * @throws InputError where the two do not fit together.
 */
export function planOf(experiment: Experiment, data: Dataset): Plan {
  const { network, noise, optimizer, record, regularization } = experiment;
  const loss = checkAgainstData(experiment, data);
  const widths = [data.inputs, ...network.layers, data.outputs];
  const shape: Network = {
    widths,
    activation: network.activation,
    loss,
    bias: network.bias,
    factors: widths
      .slice(0, -1)
      .map((fanIn) => (network.init === "ntk" ? network.scale / Math.sqrt(fanIn) : 1)),
    noise,
  };
  return {
    network: shape,
    learningRate: optimizer.learningRate,
    momentum: optimizer.momentum,
    weightDecay: optimizer.weightDecay,
    ...regularization,
    batch: optimizer.batchSize === "full" ? data.train.rows : optimizer.batchSize,
    trainRows: data.train.rows,
    testRows: data.test?.rows ?? 0,
    evaluateRows: record.evaluateSamples ?? data.train.rows,
    classes: data.task === "classification",
    inputType: areBytes(data.train.inputs) ? "byte" : "float",
    inputScale: data.scale,
    inputShift: data.shift,
  };
}
