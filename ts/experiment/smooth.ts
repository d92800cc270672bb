import type { Experiment, NetworkSpec } from "./experiment.js";

/** Whether the slope of an activation changes with its input, kinks aside. */
export function isSmooth(activation: NetworkSpec["activation"]): boolean {
  return activation === "tanh" || activation === "gelu";
}

/** The penalty on the Jacobian if it acts on the noise weights too, through the slopes that the noise moves; otherwise 0. */
export function jacobianOnNoise({ network, regularization }: Experiment): number {
  return isSmooth(network.activation) ? (regularization?.jacobian ?? 0) : 0;
}
