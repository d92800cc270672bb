import type { Evidence } from "../analysis/classify.js";
import type { Phase } from "../analysis/phase.js";
import type { TimeScales } from "../probe/probeResult.js";
import type { CurvatureReading } from "./curvatureOver.js";

/** The curvature in a window of steps. */
export interface CurvaturePoint {
  /** The middle of the window: the mean of its steps. */
  readonly step: number;
  /** `tr(W^T <H> W) / |W|^2`, in units of loss over squared pre-activation. */
  readonly value: number;
  /** Its standard error; NaN if unknown. */
  readonly error: number;
}

/** What the records of a training loop tell. */
export interface GaugeResult {
  /** The phase of training so far. */
  readonly phase: Phase;
  /** What decided the phase. */
  readonly evidence: Evidence;
  /** The curvature over windows of equally many steps, in their order. */
  readonly curvature: readonly CurvaturePoint[];
  /** The curvature over the last window. */
  readonly now: CurvatureReading;
  /** `eta sigma^2 h` with the curvature now: from 2 on, the noise weights are unstable. */
  readonly kappa: number;
  /** `2 / h`: the learning rate at which steps along these directions of the layer become unstable; null if `h` is not above 0. */
  readonly stableUpTo: number | null;
  /**
   * What the noise adds to the batch loss, to second order: `sigma^2 |W|^2 h / 2` with the weights and the curvature now (theory,
   * section 5).
   */
  readonly addedLoss: number;
  /** Decay times of norm, memory and loss, in steps. */
  readonly timeScales: TimeScales;
  /** All this in a sentence. */
  readonly verdict: string;
  /** What needs attention, a sentence each; empty if nothing does. */
  readonly alarms: readonly string[];
}
