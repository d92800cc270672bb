import type { Experiment } from "../experiment/schema.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { RunResult } from "../train/experimentRun.js";
import type { Trajectory } from "../trajectory/trajectory.js";

/** The summary of a finished run. */
export interface RunSummary extends Omit<RunResult, "trajectory" | "parameters"> {
  /** SHA-256 of everything that the run's numbers depend on. */
  readonly key: string;
  readonly experiment: Experiment;
  /** SHA-256 of the data that it was trained on; null if the data was generated from the experiment. */
  readonly data: string | null;
  /** SHA-256 of its experiment and trajectory (`hashRuns`). */
  readonly digest: string;
}

/** A finished run, as stores keep it. */
export interface StoredRun extends RunSummary {
  /** The run's record. */
  readonly trajectory: Trajectory;
}

/** Where the states of unfinished runs are kept. */
export interface CheckpointStore {
  /** The checkpoint of a run; null if there is none or it is damaged. */
  checkpoint(key: string): Promise<Checkpoint | null>;
  /** Replaces the checkpoint of a run. */
  saveCheckpoint(key: string, checkpoint: Checkpoint): Promise<void>;
  /** Removes the checkpoint of a run, if there is one. */
  dropCheckpoint(key: string): Promise<void>;
}

/** Where finished runs are kept, once each, together with the checkpoints of unfinished runs. */
export interface RunStore extends CheckpointStore {
  /** The summary of a finished run; undefined if there is none. */
  get(key: string): RunSummary | undefined;
  /** The trajectory of a finished run; null if there is none or it is damaged. The run must then be repeated. */
  trajectory(key: string): Promise<Trajectory | null>;
  /**
   * Adds a finished run, which is durable when the promise resolves.
   * @throws RunError if it cannot be written, for example on a full disk.
   */
  put(run: StoredRun): Promise<void>;
}
