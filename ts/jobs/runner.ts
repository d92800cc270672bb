import type { BackendName } from "../backend/machineFor.js";
import type { DataSpec } from "../data/specs.js";
import type { Experiment } from "../experiment/schema.js";
import type { RunResult } from "../train/experimentRun.js";
import type { TrainerHooks } from "../train/trainer.js";
import type { KeyedDataset } from "./dataKey.js";

/** One run to be made. */
export interface Job {
  /** By what it is known wherever it is made (`runKey`). */
  readonly key: string;
  readonly experiment: Experiment;
  readonly backend: BackendName;
  /** Null: generated from the experiment. */
  readonly data: KeyedDataset | null;
}

/** What a run gives but for its parameters, which are too many to travel. */
export type TrainedRun = Omit<RunResult, "parameters">;

/** Makes runs: on this thread, or on workers. It is not responsible for which runs, or for what becomes of them. */
export interface Runner<R extends TrainedRun = RunResult> {
  /** Runs that it makes at once. */
  readonly size: number;
  /** Reads the data that an experiment's files hold. */
  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset>;
  /** @throws the signal's reason if it is aborted. */
  run(job: Job, hooks?: TrainerHooks): Promise<R>;
  /** Told when what came of a run is safe, so that nothing of it has to be kept for a second time of asking. */
  forget?(key: string): Promise<void>;
  dispose(): Promise<void>;
}
