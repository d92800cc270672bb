import type { PhaseScales } from "../analysis/classify.js";
import { linearRegression } from "../data/generate.js";
import type { Experiment } from "../experiment/schema.js";
import type { Streams } from "../random/streams.js";
import { type LinearState, reduce } from "../theory/linear.js";
import { seededInputs } from "./inputs.js";
import { planOf } from "./plan.js";
import { phaseScales } from "./scales.js";

/** Where a seed's linear model starts, and the data that it sees: the same numbers as a network run of it. */
export interface LinearStart {
  readonly state: LinearState;
  readonly alpha: number;
  /** `[samples, inputs]`, as the hidden layer sees them. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly inputs: number;
  /** `y = slopes . x`, up to float32. */
  readonly slopes: readonly number[];
  readonly nodes: number;
  /** The scales of its phase, but for the part of the loss that `sigma` brings in: `sigma = 0`. */
  readonly scales: PhaseScales;
}

export function linearStart(experiment: Experiment, streams: Streams): LinearStart {
  if (experiment.data.name !== "linear-regression" || experiment.network.bias) {
    throw new Error(
      "the exact reduction is of the linear model on linear-regression data, without bias",
    );
  }
  const data = linearRegression(experiment.data, streams);
  const quiet = { ...experiment, noise: experiment.noise.map((group) => ({ ...group, sigma: 0 })) };
  const plan = planOf(quiet, data);
  const inputs = seededInputs(quiet, plan, streams);
  const { slope } = experiment.data;
  const slopes = Array.isArray(slope) ? slope : new Array<number>(data.inputs).fill(slope);
  const [inputFactor, alpha] = plan.network.factors;
  return {
    state: reduce(Float64Array.from(inputs.weights(0)), Float64Array.from(inputs.weights(1))),
    alpha,
    x: (data.train.inputs as Float32Array).map((value) => value * inputFactor),
    y: data.train.targets as Float32Array,
    inputs: data.inputs,
    slopes: slopes.map((m) => m / inputFactor),
    nodes: plan.network.noise[0].nodes,
    scales: phaseScales(plan, data, inputs),
  };
}
