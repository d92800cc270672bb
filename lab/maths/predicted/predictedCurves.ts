import { isScheduled } from "../../../ts/experiment/constantNoise.js";
import type { Experiment } from "../../../ts/experiment/schema.js";
import { jacobianOnNoise } from "../../../ts/experiment/smooth.js";
import type { Kernels } from "../../../ts/kernels/kernels.js";
import { isReducible } from "../../../ts/linear/linearPrediction.js";
import { linearRun } from "../../../ts/linear/linearRun.js";
import { Streams } from "../../../ts/random/streams.js";
import { driftThrough } from "./driftThrough.js";
import type { StillCurvature } from "./stillCurvature.js";

/** What theory expects of a run; a column without numbers: nothing. */
export interface PredictedCurves {
  /** Updates made, `[points]`. */
  readonly step: Float64Array;
  readonly loss: Float64Array;
  /** `|W_NI|` over its start. */
  readonly niwNorm: Float64Array;
  readonly memory: Float64Array;
  /** `|alpha w2^T W_NI|` of the linear model over its start. */
  readonly effective: Float64Array;
  /** `<W, dL/dW> / (sigma^2 |W|^2)` of the noise weights. */
  readonly reading: Float64Array;
  /** `lambda` of the linear model. */
  readonly lambda: Float64Array;
  /** By which theory, in one sentence. */
  readonly says: string;
}

const NONE = new Float64Array(0);

/** No curve, and why. */
export function withoutCurves(why: string): PredictedCurves {
  return {
    ...{ step: NONE, loss: NONE, niwNorm: NONE, memory: NONE },
    ...{ effective: NONE, reading: NONE, lambda: NONE },
    says: `No predicted curve: ${why}.`,
  };
}

/** Why theory has nothing to say of a run; null where it has: one group of noise nodes of constant sigma, under plain SGD. */
export function whyUnpredictable(experiment: Experiment): string | null {
  const { noise, optimizer } = experiment;
  if (noise.length === 0) return "the experiment has no noise nodes";
  if (noise.length > 1) {
    return `there are noise nodes on ${noise.length} layers, and the theory takes those of one`;
  }
  if (isScheduled(noise[0])) {
    return "the noise changes with its schedule, and the theory takes constant noise";
  }
  if (optimizer.momentum !== 0) {
    return `momentum is ${optimizer.momentum}, and the theory takes plain SGD`;
  }
  if (optimizer.weightDecay !== 0) {
    return `weight decay is ${optimizer.weightDecay}, and the theory takes plain SGD`;
  }
  return jacobianOnNoise(experiment) === 0
    ? null
    : "the penalty on the Jacobian moves the noise weights too, and the theory takes the loss alone";
}

/** The linear model, by its exact recursion; null for other networks. */
export function exactCurves(experiment: Experiment, kernels: Kernels): PredictedCurves | null {
  if (whyUnpredictable(experiment) !== null || !isReducible(experiment)) return null;
  const streams = new Streams(kernels, experiment.seed);
  const { loss, niwNorm, effectiveNiw, kappa } = linearRun(experiment, streams);
  const rate = experiment.optimizer.learningRate * experiment.noise[0].sigma ** 2;
  return {
    step: loss.map((_, t) => t),
    loss,
    niwNorm: niwNorm.map((norm) => norm / niwNorm[0]),
    effective: effectiveNiw.map((size) => size / effectiveNiw[0]),
    lambda: rate > 0 ? kappa.map((value) => value / rate) : NONE,
    ...{ memory: NONE, reading: NONE },
    says: "Predicted: by the linear model’s exact recursion.",
  };
}

/** Any network, by drift and diffusion through the curvatures of its run without noise. */
export function driftCurves(experiment: Experiment, still: StillCurvature): PredictedCurves {
  const [{ sigma, nodes }] = experiment.noise;
  if (sigma === 0) return withoutCurves("without noise, the noise weights stay as they are");
  const { learningRate } = experiment.optimizer;
  const found = driftThrough(still, { learningRate, sigma, nodes, batch: still.batch });
  const ends = found.isWhole ? "" : ", up to where the noise is too strong for it";
  return {
    ...found,
    ...{ loss: NONE, effective: NONE, lambda: NONE },
    says: `Predicted: by the expansion in the noise, with the curvatures of the same run without noise${ends}.`,
  };
}
