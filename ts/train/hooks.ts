import type { Checkpoints } from "./checkpoint.js";
import type { Weights } from "./parameters.js";
import type { EvaluationRecord } from "./record/recorder.js";

/** How a caller watches a run, and ends it. */
export interface TrainerHooks {
  /** Ends the run with the signal's reason, within some 50 ms of training. */
  readonly signal?: AbortSignal;
  /** Receives each evaluation. Training goes on once it has returned, and ends if it returns `"stop"`. */
  readonly onRecord?: (record: EvaluationRecord) => unknown;
  /** Receives the number of updates made, and of all updates, several times a second. */
  readonly onStep?: (step: number, steps: number) => void;
  /** The checkpoint to continue from, and where to save checkpoints. */
  readonly checkpoints?: Checkpoints;
  /** Receives the run's weights at chosen steps. */
  readonly observer?: Observer;
}

/** Receives a run's weights at chosen steps, without changing the run. */
export interface Observer {
  /** The first step, from `step` on, that `look` should see before its update; Infinity for none. */
  next(step: number): number;
  /** Training goes on once it has returned, and ends if it returns `"stop"`. */
  look(state: Observed): unknown;
}

/** The state of a run before one of its updates. */
export interface Observed {
  /** Updates made. */
  readonly step: number;
  /** Epochs made. */
  readonly epoch: number;
  /** `[W | b | W_NI]` of each layer. */
  readonly weights: Weights;
}
