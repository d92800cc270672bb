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
  readonly what: string;
  readonly predicted: string | Estimate | null;
  readonly measured: string | Estimate | null;
  readonly verdict: Verdict;
  /** What the verdict was given by. */
  readonly by: string;
}

/** What was measured of a run before one of its updates. */
export interface ProbeMoment extends WeightCurvature {
  readonly step: number;
  readonly epoch: number;
  readonly niwNorm: number;
  /** Unperturbed loss over the probe's samples. */
  readonly loss: number;
  /** `<|g|^2>`. */
  readonly gradientSquare: number;
  /** `tr(W_NI^T <g g^T> W_NI)`. */
  readonly gradientAlong: number;
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
  readonly modes: readonly DecayMode[];
  /** The middle of the bracket that short runs find, and the deviation of what is anywhere within; the linear model's by the recursion. */
  readonly divergent: Estimate | null;
};

export interface TimeScales {
  readonly niw: TimeScale;
  readonly loss: TimeScale;
  readonly unperturbedLoss: TimeScale;
  readonly testLoss: TimeScale;
  /** Steps to 1/e, without a model: of norm and effective weight, and of the fall of each loss to its lowest. */
  readonly passages: Readonly<
    Record<"niw" | "effectiveNiw" | "loss" | "unperturbedLoss" | "testLoss", number | null>
  >;
}

export interface ProbeResult extends RunResult {
  readonly moments: readonly ProbeMoment[];
  /** Antithetic passes at each of them. */
  readonly repeats: number;
  readonly prediction: PredictionWithError;
  /** The short runs that `prediction.divergent` comes from; null for the linear model. */
  readonly divergentBracket: DivergentBracket | null;
  /** What the exact reduction says; null for other networks. */
  readonly linear: LinearExpectation | null;
  /** The norm predicted for each moment from what was measured before; null with momentum or weight decay. */
  readonly predictedNorm: DriftPath | null;
  /** In steps. */
  readonly timeScales: TimeScales;
  readonly comparisons: readonly Comparison[];
}
