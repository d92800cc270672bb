import { parseExperiment } from "./parse.js";
import type { Experiment } from "./schema.js";

/** The linear model's knobs, as the theory's section 3 names them. */
export interface LinearModel {
  /** Hidden units, `d`. */
  readonly width: number;
  /** Training samples, `N`; the batch is all of them. */
  readonly samples: number;
  readonly learningRate: number;
  /** Updates. */
  readonly steps: number;
  readonly sigma: number;
  readonly seed: number;
  readonly distribution?: "normal" | "uniform" | "rademacher";
  readonly mode?: "fresh" | "fixed";
}

/**
 * The linear model as an experiment: two layers, NTK parametrisation (`alpha = 1/sqrt(d)`, unit normal initial
 * weights), one input `x ~ N(0, 1)`, `y = x`, one noise node, full-batch gradient descent.
 * @throws InputError if a value is not one that its field takes.
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
