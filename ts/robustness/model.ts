import type { Network } from "../program/network.js";
import type { Parameters } from "../train/parameters.js";

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
