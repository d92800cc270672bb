import type { Checkpoint } from "../train/checkpoint.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import type { RunStore, RunSummary, StoredRun } from "./runStore.js";

/** A store that keeps finished runs in memory, for a sweep whose results are not written to a folder. */
export class MemoryStore implements RunStore {
  readonly #runs = new Map<string, StoredRun>();
  readonly #checkpoints = new Map<string, Checkpoint>();

  get(key: string): RunSummary | undefined {
    return this.#runs.get(key);
  }

  async trajectory(key: string): Promise<Trajectory | null> {
    return this.#runs.get(key)?.trajectory ?? null;
  }

  async put(run: StoredRun): Promise<void> {
    this.#runs.set(run.key, run);
    this.#checkpoints.delete(run.key);
  }

  async checkpoint(key: string): Promise<Checkpoint | null> {
    return this.#checkpoints.get(key) ?? null;
  }

  async saveCheckpoint(key: string, checkpoint: Checkpoint): Promise<void> {
    this.#checkpoints.set(key, checkpoint);
  }

  async dropCheckpoint(key: string): Promise<void> {
    this.#checkpoints.delete(key);
  }
}
