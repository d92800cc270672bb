import type { Estimate } from "../analysis/estimate.js";
import type { TimeScale } from "../analysis/timeScale.js";
import type { Verdict } from "../analysis/verdict.js";
import type { ExpansionPoint } from "../curvature/expansionProbe.js";
import type { WeightCurvature } from "../curvature/weightCurvature.js";
import type { RunResult } from "../jobs/train.js";
import type { LinearExpectation } from "../linear/linearExpectation.js";
import type { DriftPath } from "../theory/driftPath.js";
import type { DivergentBracket } from "./divergentBracket.js";
import type { DecayMode, Prediction } from "./predict.js";

/** A prediction beside what was measured. */
export interface Comparison {
  /** What is compared. */
  readonly what: string;
  /** What theory predicts; null if nothing. */
  readonly predicted: string | Estimate | null;
  /** What was measured; null if nothing. */
  readonly measured: string | Estimate | null;
  /** Whether the two agree. */
  readonly verdict: Verdict;
  /** What the verdict was given by. */
  readonly by: string;
}

/** What was measured of a run before one of its updates. */
export interface ProbeMoment extends WeightCurvature {
  /** Updates made. */
  readonly step: number;
  /** Epochs made. */
  readonly epoch: number;
  /** `|W_NI|` of the probed group. */
  readonly niwNorm: number;
  /** `<W_NI, W_NI(0)> / |W_NI(0)|^2` of the first noise group. */
  readonly memory: number;
  /** Curvature along the start of the noise weights: `<W_NI(0), H W_NI> / <W_NI(0), W_NI>`. */
  readonly alongStart: number;
  /** Unperturbed loss over the probe's samples. */
  readonly loss: number;
  /** `<|g|^2>`. */
  readonly gradientSquare: number;
  /** `tr(W_NI^T <g g^T> W_NI)`. */
  readonly gradientAlong: number;
  /** `tr(W_NI(0)^T <g g^T> W_NI(0))`. */
  readonly gradientAlongStart: number;
  /** Largest eigenvalue of the pointwise `<H>`; taken at some moments, else null. */
  readonly hMax: number | null;
  /** The coming step's gradient beside its expansion; null after the last. */
  readonly expansion: ExpansionPoint | null;
}

/**
 * Predicted from the state at the start, with the difference between the two halves of the samples for an error; the
 * linear model's boundaries and time are those of the recursion in population.
 */
export type PredictionWithError = {
  readonly [K in Exclude<keyof Prediction, "modes">]: Estimate | null;
} & {
  /** The decay spectrum's largest curvatures, falling. */
  readonly modes: readonly DecayMode[];
  /** The middle of the bracket that short runs find, and the deviation of what is anywhere within; the linear model's by the recursion. */
  readonly divergent: Estimate | null;
};

/** Decay times of the curves of a run, in steps. */
export interface TimeScales {
  /** Of the norm of the noise weights. */
  readonly niw: TimeScale;
  /** Of the memory that the noise weights have of their start. */
  readonly memory: TimeScale;
  /** Of the training loss, noise included. */
  readonly loss: TimeScale;
  /** Of the training loss with `eps = 0`. */
  readonly unperturbedLoss: TimeScale;
  /** Of the test loss with `eps = 0`. */
  readonly testLoss: TimeScale;
  /** Steps to 1/e, without a model: of norm, memory and effective weight, and of the fall of each loss to its lowest. */
  readonly passages: Readonly<
    Record<
      "niw" | "memory" | "effectiveNiw" | "loss" | "unperturbedLoss" | "testLoss",
      number | null
    >
  >;
}

/** A run, and what was measured and predicted of it. */
export interface ProbeResult extends RunResult {
  /** What was measured along the run. */
  readonly moments: readonly ProbeMoment[];
  /** Antithetic passes at each of them. */
  readonly repeats: number;
  /** What the state at the start predicts. */
  readonly prediction: PredictionWithError;
  /** The short runs that `prediction.divergent` comes from; null for the linear model. */
  readonly divergentBracket: DivergentBracket | null;
  /** What the exact reduction says; null for other networks. */
  readonly linear: LinearExpectation | null;
  /** The norm predicted for each moment from what was measured before; null with momentum or weight decay. */
  readonly predictedNorm: DriftPath | null;
  /** In steps. */
  readonly timeScales: TimeScales;
  /** Predictions beside measurements. */
  readonly comparisons: readonly Comparison[];
}
