import type { OnProgress } from "../async/progress.js";
import type { Dataset } from "../data/dataset.js";
import type { Shard } from "../experiment/shard.js";
import type { RunnerOptions } from "../jobs/makeRunner.js";
import type { Runner, TrainedRun } from "../jobs/runner.js";
import type { RunStore } from "../store/runStore.js";
import type { Threading } from "../train/machine/chooseBackend.js";
import type { FailedRun } from "./sweepResult.js";

/** How to sweep. */
export interface SweepOptions extends RunnerOptions {
  /** Aborts the sweep; the sweep then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Reports the runs made; refinement adds to their total. */
  readonly onProgress?: OnProgress;
  /** Receives each run that fails; the other runs go on. */
  readonly onFailure?: (failure: FailedRun) => void;
  /** The data for all runs, whatever `data` in the experiments names; each result's `dataset` records it. */
  readonly dataset?: Dataset;
  /** Keeps finished runs; those that it holds are not made again. */
  readonly store?: RunStore;
  /** Seconds between the checkpoints of a run; default 30. */
  readonly checkpointEvery?: number;
  /**
   * Makes the runs; default: workers or this thread, as the other options say. The caller disposes of it.
   * @internal
   */
  readonly runner?: Runner<TrainedRun>;
  /** Makes only one part of the runs. */
  readonly shard?: Shard;
  /**
   * Chooses the threads of each run of a sweep that has fewer runs than threads: at most so many.
   * @internal
   */
  readonly threading?: (most: number) => Threading;
}
