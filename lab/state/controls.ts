import type { Experiment } from "../../ts/experiment/schema.js";
import type { Control } from "./control.js";
import { dataControls } from "./dataControls.js";
import { noiseControls } from "./noiseControls.js";

const NETWORK: readonly Control[] = [
  {
    ...{ group: "Network", field: "network.layers", label: "Hidden widths", unit: "units" },
    help: "Units of each hidden layer, with commas between: 32, 32.",
  },
  {
    ...{ group: "Network", field: "network.activation", label: "Activation" },
    help: "What each hidden unit does to its sum.",
    options: ["relu", "tanh", "gelu", "linear"],
  },
  {
    ...{ group: "Network", field: "network.loss", label: "Loss" },
    help: "What training lowers; by the data: cross-entropy for classes, mse for numbers.",
    options: ["", "cross-entropy", "mse"],
  },
  {
    ...{ group: "Network", field: "network.bias", label: "Biases" },
    help: "Whether each unit adds a constant of its own.",
    options: [true, false],
  },
  {
    ...{ group: "Network", field: "network.init", label: "Initial weights" },
    help: "The rule by which they are drawn.",
    options: ["he", "lecun", "ntk"],
  },
  {
    ...{ group: "Network", field: "network.scale", label: "Scale of the weights", unit: "times" },
    help: "A factor on that rule.",
  },
];

const TRAINING: readonly Control[] = [
  {
    ...{ group: "Training", field: "optimizer.learningRate", label: "Learning rate η" },
    ...{ help: "Size of a step along the gradient.", unit: "per gradient" },
  },
  {
    ...{ group: "Training", field: "optimizer.batchSize", label: "Batch", unit: "samples" },
    help: "Samples in a step; “full” takes all.",
  },
  {
    ...{ group: "Training", field: "optimizer.momentum", label: "Momentum", unit: "0 to 1" },
    help: "Part of the last step that is made again.",
  },
  {
    ...{ group: "Training", field: "optimizer.weightDecay", label: "Weight decay" },
    ...{ help: "Added to the gradient, times the weight itself.", unit: "per weight" },
  },
  {
    ...{ group: "Training", field: "steps", label: "Steps", unit: "updates" },
    help: "Length of the run.",
  },
  {
    ...{ group: "Training", field: "epochs", label: "Epochs", unit: "passes" },
    help: "The same in passes over the samples; one of the two is set.",
  },
  {
    ...{ group: "Training", field: "seed", label: "Seed" },
    help: "Names all random numbers of the run: the same seed gives the same run.",
  },
];

const REGULARIZATION: readonly Control[] = [
  {
    ...{ group: "Regularise", field: "regularization.dropout", label: "Dropout", unit: "0 to 1" },
    help: "Probability that a hidden unit is left out of an update.",
  },
  {
    ...{ group: "Regularise", field: "regularization.inputNoise", label: "Noise on the inputs" },
    ...{ help: "Normal noise on each input in each update.", unit: "standard deviation" },
  },
  {
    ...{ group: "Regularise", field: "regularization.jacobian", label: "Jacobian penalty" },
    ...{ help: "Penalty on how outputs change with inputs; empty: none.", unit: "strength" },
  },
];

const END: readonly Control[] = [
  {
    ...{ group: "Stop early", field: "stop.trainAccuracy", label: "At accuracy", unit: "0 to 1" },
    help: "Training ends once so many training samples are right; empty: never.",
  },
  {
    ...{ group: "Stop early", field: "stop.loss", label: "At loss", unit: "loss" },
    help: "Training ends once the loss without noise is this low; empty: never.",
  },
];

const RECORD: readonly Control[] = [
  {
    ...{ group: "Record", field: "record.evaluateEvery", label: "Evaluate every", unit: "epochs" },
    help: "How often the losses without noise are measured.",
  },
  {
    ...{ group: "Record", field: "record.evaluateEarly", label: "Evaluate early" },
    ...{ help: "In the first so many steps, more often; empty: no.", unit: "updates" },
  },
  {
    ...{ group: "Record", field: "record.evaluateSamples", label: "Evaluate on", unit: "samples" },
    help: "The first so many training samples; empty: all.",
  },
  {
    ...{ group: "Record", field: "record.dense", label: "Record each of", unit: "updates" },
    help: "The first so many steps are all recorded.",
  },
  {
    ...{ group: "Record", field: "record.every", label: "Then one in", unit: "updates" },
    help: "Later steps that are recorded; empty: one an epoch.",
  },
];

/** The controls of an experiment, box by box. */
export function controlsOf(experiment: Experiment): Control[] {
  return [
    ...dataControls(experiment.data.name),
    ...NETWORK,
    ...noiseControls(experiment),
    ...TRAINING,
    ...REGULARIZATION,
    ...END,
    ...RECORD,
  ];
}
