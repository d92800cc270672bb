import type { PhaseScales } from "../analysis/phaseNumbers.js";
import { linearRegression } from "../data/generate.js";
import type { DataSpecOf } from "../data/specs.js";
import { InputError, shown } from "../errors/errors.js";
import { refuseSchedules } from "../experiment/constantNoise.js";
import type { Experiment } from "../experiment/schema.js";
import type { Streams } from "../random/streams.js";
import { type LinearState, reduce } from "../theory/linear.js";
import { seededInputs } from "../train/inputs.js";
import { planOf } from "../train/plan.js";
import { linearScales } from "../train/record/phaseScales.js";

/** The start of a linear model and its data: the same numbers as in a run of it as a network. */
export interface LinearStart {
  readonly state: LinearState;
  readonly alpha: number;
  /** `[samples, inputs]`, as the hidden layer sees them. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly inputs: number;
  /** Standard deviation of `x` in population. */
  readonly sigmaX: number;
  /** `y = slopes . x`, up to float32. */
  readonly slopes: readonly number[];
  readonly nodes: number;
  /** The scales for classifying its phase at `sigma = 0`: the noise's part of the loss is still to be added. */
  readonly scales: PhaseScales;
}

/**
 * @throws InputError naming the field by which the experiment is not such a linear model.
 */
export function linearStart(experiment: Experiment, streams: Streams): LinearStart {
  const spec = linearModelData(experiment);
  const data = linearRegression(spec, streams);
  const quiet = { ...experiment, noise: experiment.noise.map((group) => ({ ...group, sigma: 0 })) };
  const plan = planOf(quiet, data);
  const inputs = seededInputs(quiet, plan, streams);
  const { slope } = spec;
  const slopes = Array.isArray(slope) ? slope : new Array<number>(data.inputs).fill(slope);
  const [inputFactor, alpha] = plan.network.factors;
  return {
    state: reduce(Float64Array.from(inputs.weights(0)), Float64Array.from(inputs.weights(1))),
    alpha,
    x: (data.train.inputs as Float32Array).map((value) => value * inputFactor),
    y: data.train.targets as Float32Array,
    inputs: data.inputs,
    sigmaX: spec.scale * inputFactor,
    slopes: slopes.map((m) => m / inputFactor),
    nodes: plan.network.noise[0].nodes,
    scales: linearScales(plan, data, inputs),
  };
}

/**
 * The data of a linear model: two layers, no bias, full-batch gradient descent without momentum or decay.
 * @throws InputError naming the field by which the experiment is not one.
 */
export function linearModelData(experiment: Experiment): DataSpecOf<"linear-regression"> {
  const { network, noise, data, optimizer } = experiment;
  const needs = (field: string, value: unknown, takes: string, holds: boolean) => {
    if (holds) return;
    throw new InputError(
      field,
      `${field} is ${shown(value)}: the linear model's exact reduction takes ${takes}`,
    );
  };
  needs("network.activation", network.activation, '"linear"', network.activation === "linear");
  needs("network.layers", network.layers, "one hidden layer", network.layers.length === 1);
  needs("network.bias", network.bias, "false", !network.bias);
  needs("network.loss", network.loss, '"mse"', network.loss !== "cross-entropy");
  needs("noise", noise, "one group on layer 0", noise.length === 1 && noise[0].layer === 0);
  refuseSchedules(experiment, "the linear model's exact reduction");
  for (const [name, value] of Object.entries(experiment.regularization ?? {})) {
    needs(`regularization.${name}`, value, "0", !value);
  }
  const { batchSize, momentum, weightDecay } = optimizer;
  needs("optimizer.batchSize", batchSize, '"full"', batchSize === "full");
  needs("optimizer.momentum", momentum, "0", momentum === 0);
  needs("optimizer.weightDecay", weightDecay, "0", weightDecay === 0);
  if (data.name === "linear-regression") return data;
  throw new InputError(
    "data.name",
    `data.name is "${data.name}": the linear model's exact reduction takes "linear-regression"`,
  );
}
