import type { BoundaryName } from "../analysis/boundaries.js";
import type { Estimate } from "../analysis/estimate.js";
import type { StepGain } from "./stepGain.js";

/** A boundary in `sigma` and its nominal 95 % interval; docs/forecast.md counts how often it holds. */
export interface ForecastBoundary {
  /** The likeliest value. */
  readonly value: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/** What a forecast took. */
export interface ForecastCost {
  /** Updates of short runs. */
  readonly steps: number;
  /** Seconds in all. */
  readonly seconds: number;
  /** Gradients of a batch: those of the updates, and those of the probe passes. */
  readonly gradientPasses: number;
}

/** The memory that a run with so much noise is expected to end with. */
export interface ForecastMemory {
  /** Root mean square of the noise. */
  readonly sigma: number;
  /** `<W_NI(T), W_NI(0)> / |W_NI(0)|^2`. */
  readonly memory: number;
}

/** Where the phases of an experiment change with `sigma`. */
export interface Forecast {
  /** Null: there is no such boundary, or none was found within 64 times its first guess. */
  readonly boundaries: Readonly<Record<BoundaryName, ForecastBoundary | null>>;
  /**
   * The `sigma` from which on noise weights overshoot and stay above their start, as those of saturating units do; null if
   * an overshoot returns, or there is none.
   */
  readonly outward: ForecastBoundary | null;
  /** The gain of the first step against `sigma`, by probe passes; empty for the linear model. */
  readonly gains: readonly StepGain[];
  /** The memory at the run's end against `sigma`; empty for the linear model and where nothing decays. */
  readonly memories: readonly ForecastMemory[];
  /** What the forecast took. */
  readonly cost: ForecastCost;
  /** `recursion`: the linear model's exact one. `short runs`: the step map's gain, and the first updates of runs of its own. */
  readonly method: "recursion" | "short runs";
  /** That the boundaries suppose constant noise, if the experiment has a schedule of `sigma`; null otherwise. */
  readonly supposes: string | null;
}

/** Standard errors on either side of a 95 % interval. */
const NORMAL = 1.96;

/** A forecast boundary with the standard error that its interval stands for. */
export function estimateOf(boundary: ForecastBoundary | null): Estimate | null {
  if (!boundary) return null;
  const { value, low, high } = boundary;
  return { value, error: (high - low) / (2 * NORMAL) };
}
