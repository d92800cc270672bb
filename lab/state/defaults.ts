import { parseExperiment } from "../../ts/experiment/parse.js";
import { linearExperiment } from "../../ts/experiment/presets.js";
import type { Experiment } from "../../ts/experiment/schema.js";

/** The network that the page trains first: small enough to be trained in a second, large enough for all four phases. */
export const FIRST_EXPERIMENT: Experiment = parseExperiment({
  network: { layers: [32, 32] },
  noise: [{ layer: 0, nodes: 1, sigma: 20 }],
  data: { name: "gaussian-mixture", inputs: 16, classes: 4, train: 400, test: 200 },
  optimizer: { learningRate: 0.1, batchSize: 50 },
  steps: 400,
  seed: 1,
});

/** The linear model that the page sweeps and maps. */
export const LINEAR = { width: 100, samples: 200, steps: 200, seed: 1 } as const;

/** The step size of the sweep over `sigma`. */
export const SWEEP_RATE = 0.05;

/** One linear model of the sweep or of the map. */
export function linearCell(
  model: { readonly width: number; readonly samples: number; readonly steps: number },
  seed: number,
  sigma: number,
  learningRate: number,
): Experiment {
  return linearExperiment({ ...model, seed, sigma, learningRate });
}
