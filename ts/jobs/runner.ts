import type { Machine } from "../backend/machine.js";
import type { BackendName } from "../backend/machineFor.js";
import type { DataSpec } from "../data/specs.js";
import type { Experiment } from "../experiment/schema.js";
import type { KeyedDataset } from "../train/dataKey.js";
import type { RunResult } from "../train/experimentRun.js";
import type { TrainerHooks } from "../train/trainer.js";
import type { ThreadsOrder } from "./pageThreads.js";

/** One run to be made. */
export interface Job {
  /** Identifies the run in every process (`runKey`). */
  readonly key: string;
  readonly experiment: Experiment;
  readonly backend: BackendName;
  /** Null: generated from the experiment. */
  readonly data: KeyedDataset | null;
  /** For a runner on this thread: the machine to use; default: the backend's. */
  readonly machine?: Machine;
  /** For a worker of a page: the threads that the run may have. */
  readonly threads?: ThreadsOrder | null;
}

/** A run's result without its parameters, which are too many to send over a queue. */
export type TrainedRun = Omit<RunResult, "parameters">;

/** Makes runs, on this thread or elsewhere. It does not decide which runs to make, and does not keep their results. */
export interface Runner<R extends TrainedRun = RunResult> {
  /** Number of runs that it makes at once. */
  readonly size: number;
  /** Loads the data that an experiment names. */
  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset>;
  /** @throws the signal's reason if it is aborted. */
  run(job: Job, hooks?: TrainerHooks): Promise<R>;
  /** Call it when a run's result is stored: the runner may then forget the run. */
  forget?(key: string): Promise<void>;
  dispose(): Promise<void>;
}
