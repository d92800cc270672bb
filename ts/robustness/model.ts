import { checkFit } from "../curvature/measuringPlan.js";
import type { Dataset } from "../data/dataset.js";
import type { Network } from "../program/network.js";
import type { Parameters } from "../train/parameters.js";
import { storedPerPixel } from "./images.js";

/**
 * A trained network whose inputs are numbers from 0 to 1. The normalisation of the data is part of it, so that attacks
 * know their ball in the units of the image.
 */
export interface Model {
  /** Its widths, activation and loss. Its noise is off. */
  readonly network: Network;
  /** Its weights and biases. */
  readonly parameters: Pick<Parameters, "weights" | "biases">;
  /** The network sees `scale * pixel + shift`. */
  readonly scale: number;
  /** See `scale`. */
  readonly shift: number;
}

/**
 * The model of a network that was trained on a data set.
 * @throws InputError if the two do not fit together.
 */
export function modelOn(
  dataset: Dataset,
  { network, parameters }: Pick<Model, "network" | "parameters">,
): Model {
  checkFit(network, dataset);
  const { scale, shift } = dataset;
  return { network, parameters, scale: scale * storedPerPixel(dataset), shift };
}
