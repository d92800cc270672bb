import { isScheduled } from "../../../ts/experiment/constantNoise.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { jacobianOnNoise } from "../../../ts/experiment/smooth.js";
import type { Parameters } from "../../../ts/train/parameters.js";

/** One reading of the curvature from one update of the noise weights. */
export interface StepReading {
  readonly step: number;
  readonly value: number;
}

/** The `sigma` that all noise groups share; null where they differ, it changes in the run, or plain SGD does not hold. */
export function readableSigma(experiment: Experiment): number | null {
  const { noise, optimizer } = experiment;
  const sigma = noise[0]?.sigma ?? 0;
  const isPlain =
    optimizer.momentum === 0 && optimizer.weightDecay === 0 && jacobianOnNoise(experiment) === 0;
  const isConstant = noise.every((group) => group.sigma === sigma && !isScheduled(group));
  return isPlain && sigma > 0 && isConstant ? sigma : null;
}

/**
 * `<W, dL/dW> / (sigma^2 |W|^2)` of the noise weights (theory, section 2, reading 2). The gradient is what one update of
 * plain SGD took away, over the learning rate.
 */
export function stepReading(
  before: Parameters["niw"],
  after: Parameters["niw"],
  sigma: number,
  learningRate: number,
): number {
  let overlap = 0;
  let square = 0;
  for (const [g, start] of before.entries()) {
    for (let i = 0; i < start.length; i++) {
      overlap += start[i] * (start[i] - after[g][i]);
      square += start[i] ** 2;
    }
  }
  return overlap / (learningRate * sigma ** 2 * square);
}

/** Each reading averaged with those before it, `window` in all: one reading alone is mostly noise. */
export function smoothed(readings: readonly StepReading[], window: number): StepReading[] {
  let sum = 0;
  return readings.map(({ step, value }, i) => {
    sum += value - (i >= window ? readings[i - window].value : 0);
    return { step, value: sum / Math.min(i + 1, window) };
  });
}
