import type { DataSpec } from "../data/specs.js";
import type { Experiment } from "../experiment/schema.js";
import type { BackendName } from "./backend.js";
import type { KeyedDataset } from "./dataKey.js";
import type { RunResult } from "./experimentRun.js";
import type { TrainerHooks } from "./trainer.js";

/** One run to be made. */
export interface Job {
  readonly experiment: Experiment;
  readonly backend: BackendName;
  /** Null: generated from the experiment. */
  readonly data: KeyedDataset | null;
}

/** Makes runs: on this thread, or on workers. It is not responsible for which runs, or for what becomes of them. */
export interface Runner {
  /** Runs that it makes at once. */
  readonly size: number;
  /** Reads the data that an experiment's files hold. */
  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset>;
  /** @throws the signal's reason if it is aborted. */
  run(job: Job, hooks?: TrainerHooks): Promise<RunResult>;
  dispose(): Promise<void>;
}
