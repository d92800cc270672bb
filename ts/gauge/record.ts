/** The noise nodes that a record is of. */
export interface GaugeNodes {
  /** Pre-activations that the noise is added to: the layer's outputs, or a convolution's channels. */
  readonly width: number;
  /** Noise nodes. */
  readonly nodes: number;
  /** Root mean square of the noise. */
  readonly sigma: number;
  /** Learning rate of the noise weights; 0: they are not trained. */
  readonly learningRate: number;
  /** Samples in a step. */
  readonly batch: number;
  /** Learning rate of the layer itself, if it is another one, as beside a bystander. Default `learningRate`. */
  readonly trainingRate?: number;
}

/**
 * What one step of training tells through its noise weights `W`, before their update. `dL/dW` is the gradient of the batch mean loss
 * with respect to them.
 */
export interface GaugeRecord {
  /** Updates made. */
  readonly step: number;
  /** The batch mean loss, noise included; NaN if the loop did not tell it. */
  readonly loss: number;
  /** `|W|`. */
  readonly norm: number;
  /** `<W, W(0)> / |W(0)|^2`. */
  readonly memory: number;
  /** Length of the update's random part: see `Trajectory.steps.kick`. */
  readonly kick: number;
  /** The curvature read by step, `<W, dL/dW> / (sigma^2 |W|^2)` (theory, section 2). */
  readonly reading: number;
  /** Its standard error, from the scatter over the batch; NaN if unknown. */
  readonly readingError: number;
  /** The curvature read by an antithetic pass of this step; NaN if there was none. */
  readonly antithetic: number;
  /** Its standard error, from the scatter over the batch; NaN if unknown. */
  readonly antitheticError: number;
}

/** The fields of a record. */
export const RECORD_KEYS = [
  ...(["step", "loss", "norm", "memory", "kick"] as const),
  ...(["reading", "readingError", "antithetic", "antitheticError"] as const),
] satisfies readonly (keyof GaugeRecord)[];
