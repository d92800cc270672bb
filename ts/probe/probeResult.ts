import type { PredictedBoundaries } from "../analysis/boundaries.js";
import type { Estimate } from "../analysis/estimate.js";
import type { TimeScale } from "../analysis/timeScale.js";
import type { Verdict } from "../analysis/verdict.js";
import type { ExpansionPoint } from "../curvature/expansionProbe.js";
import type { WeightCurvature } from "../curvature/weightCurvature.js";
import type { Forecast } from "../forecast/forecastResult.js";
import type { RunResult } from "../jobs/train.js";
import type { LinearExpectation } from "../linear/linearExpectation.js";
import type { DriftPath } from "../theory/driftPath.js";
import type { DecayMode, Prediction } from "./predict.js";

/** A prediction compared with a measurement. */
export interface Comparison {
  /** What is compared. */
  readonly what: string;
  /** The prediction; null if there is none. */
  readonly predicted: string | Estimate | null;
  /** The measurement; null if there is none. */
  readonly measured: string | Estimate | null;
  /** Whether the two agree. */
  readonly verdict: Verdict;
  /** The criterion of the verdict. */
  readonly by: string;
}

/** Measurements of a run before one of its updates. */
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
  /** The next step's gradient compared with its expansion; null after the last step. */
  readonly expansion: ExpansionPoint | null;
}

/**
 * Predictions from the state at the start. The error of each comes from the difference between the two halves of the
 * samples. For the linear model, boundaries and time come from the recursion over the whole population of data.
 */
export type PredictionWithError = {
  readonly [K in Exclude<keyof Prediction, "modes">]: Estimate | null;
} & {
  /** The directions of largest curvature in the decay spectrum, in descending order. */
  readonly modes: readonly DecayMode[];
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
  /**
   * Steps until a curve has first fallen to 1/e of its start, without a fit: norm, memory, effective weight, and the
   * distance of each loss from its lowest value.
   */
  readonly passages: Readonly<
    Record<
      "niw" | "memory" | "effectiveNiw" | "loss" | "unperturbedLoss" | "testLoss",
      number | null
    >
  >;
}

/** A run with its measurements and predictions. */
export interface ProbeResult extends RunResult {
  /** Measurements during the run. */
  readonly moments: readonly ProbeMoment[];
  /** Antithetic passes at each moment. */
  readonly repeats: number;
  /** What the curvature at the start predicts. */
  readonly prediction: PredictionWithError;
  /** Where the phases change with `sigma`, by short runs; null for the linear model, or if the caller wants none. */
  readonly forecast: Forecast | null;
  /**
   * Where the phases should change with `sigma`: by the linear model's recursion, by the forecast, or, without either, by the
   * curvature at the start.
   */
  readonly boundaries: PredictedBoundaries;
  /** Results of the linear model's exact recursion; null for other networks. */
  readonly linear: LinearExpectation | null;
  /** The norm at each moment, predicted from earlier measurements; null with momentum or weight decay. */
  readonly predictedNorm: DriftPath | null;
  /** In steps. */
  readonly timeScales: TimeScales;
  /** Predictions compared with measurements. */
  readonly comparisons: readonly Comparison[];
}
