import type { Kernels } from "../../ts/kernels/kernels.js";
import { runLinearEnsemble } from "../../ts/linear/linearEnsemble.js";
import { linearPrediction } from "../../ts/linear/linearPrediction.js";
import { linearRun } from "../../ts/linear/linearRun.js";
import { Streams } from "../../ts/random/streams.js";
import type { LinearBoundaries } from "../../ts/theory/linearBoundaries.js";
import { LINEAR, linearCell, SWEEP_RATE } from "../state/defaults.js";
import type { MapSpec } from "../state/labState.js";
import type { LinearCurve } from "./linearSigmas.js";

/** One run of the sweep, by the exact recursion. */
export async function sweepCurve(kernels: Kernels, sigma: number): Promise<LinearCurve> {
  return curve(kernels, LINEAR, sigma, SWEEP_RATE);
}

/** One cell of the map, step by step. */
export async function curve(
  kernels: Kernels,
  model: MapSpec,
  sigma: number,
  learningRate: number,
): Promise<LinearCurve> {
  const experiment = linearCell(model, model.seed, sigma, learningRate);
  const seeds = [model.seed];
  const spec = { experiment, sigmas: [sigma], learningRates: [learningRate], seeds };
  const [cell] = await runLinearEnsemble(spec, { kernels });
  const { loss, effectiveNiw } = linearRun(experiment, new Streams(kernels, model.seed));
  return { cell, loss, effectiveNiw };
}

/** The theory's boundaries at a learning rate of 1; they go as one over the root of the rate. */
export function boundariesAtOne(kernels: Kernels, model: MapSpec): Promise<LinearBoundaries> {
  return linearPrediction([linearCell(model, model.seed, 1, 1)], kernels);
}
