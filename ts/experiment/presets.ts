import { parseExperiment } from "./parse.js";
import type { Experiment } from "./schema.js";

/** The settings of the linear model, as in the theory's section 3. */
export interface LinearModel {
  /** Hidden units, `d`. */
  readonly width: number;
  /** Number of training samples, `N`, which are all in one batch. */
  readonly samples: number;
  /** Step size `eta`. */
  readonly learningRate: number;
  /** Number of updates. */
  readonly steps: number;
  /** Standard deviation of the noise. */
  readonly sigma: number;
  /** Seed of all random numbers, an integer from 0 to 2^32 - 1. */
  readonly seed: number;
  /** Shape of the noise; default `normal`. */
  readonly distribution?: "normal" | "uniform" | "rademacher";
  /** `fresh`: new noise at each step; `fixed`: one draw for all steps; default `fresh`. */
  readonly mode?: "fresh" | "fixed";
}

/**
 * The linear model as an experiment: two layers, NTK parametrisation (`alpha = 1/sqrt(d)`, unit normal initial
 * weights), one input `x ~ N(0, 1)`, `y = x`, one noise node, full-batch gradient descent.
 * @throws InputError if a value is not accepted by its field.
 */
export function linearExperiment(model: LinearModel): Experiment {
  const { width, samples, learningRate, steps, sigma, seed } = model;
  const { distribution = "normal", mode = "fresh" } = model;
  return parseExperiment({
    network: { layers: [width], activation: "linear", loss: "mse", bias: false, init: "ntk" },
    noise: [{ layer: 0, nodes: 1, sigma, distribution, mode }],
    data: { name: "linear-regression", inputs: 1, train: samples, slope: 1 },
    optimizer: { learningRate, batchSize: "full" },
    steps,
    record: { dense: steps, evaluateEvery: Math.max(1, Math.ceil(steps / 20)) },
    seed,
  });
}
