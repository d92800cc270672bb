import { TaskGroup } from "../async/taskGroup.js";
import { RunError } from "../errors/errors.js";
import { hashRun } from "../format/hash.js";
import { readable, writable } from "../format/nonFiniteJson.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { Trajectory } from "../trajectory/trajectory.js";
import {
  decodeTrajectory,
  encodeCheckpoint,
  encodeTrajectory,
  wholeCheckpoint,
} from "./checkpointFile.js";
import { JournalFile } from "./journalFile.js";
import type { RunStore, RunSummary, StoredRun } from "./runStore.js";
import type { Storage } from "./storage.js";

/** The list of finished runs, one line each. A run that is not in it does not exist. */
export const JOURNAL = "journal.jsonl";
/** Trajectories, one after another. The journal holds the place of each. */
const TRAJECTORIES = "trajectories.pack";

/** A line of the journal: a run's summary, and the place of its trajectory in the pack file. */
type Entry = Omit<RunSummary, "key"> & { readonly offset: number; readonly bytes: number };

/**
 * A store of finished runs, once each. A run is in the store if its line is in the journal; its trajectory was written
 * and synced before that. Incomplete parts that a crash leaves behind are ignored.
 */
export class Store implements RunStore {
  readonly #storage: Storage;
  readonly #say: (line: string) => void;
  readonly #journal: JournalFile;
  /** Pending work on the folder. `close` waits for it, because the next holder of the folder must not meet it. */
  readonly #tasks: TaskGroup;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Opens the store in a folder.
   * @param say receives a line about each damaged file, whose run is repeated.
   */
  static async open(storage: Storage, say: (line: string) => void = () => {}): Promise<Store> {
    return new Store(storage, await JournalFile.open(storage, JOURNAL), say);
  }

  private constructor(storage: Storage, journal: JournalFile, say: (line: string) => void) {
    this.#storage = storage;
    this.#journal = journal;
    this.#say = say;
    this.#tasks = new TaskGroup(`${storage.name} has been closed`);
  }

  /** Number of damaged lines of the journal, which are ignored. */
  get ignored(): number {
    return this.#journal.ignored;
  }

  /** Number of finished runs. */
  get size(): number {
    return this.#journal.size;
  }

  /** Keys of the finished runs. */
  keys(): string[] {
    return this.#journal.keys();
  }

  /** The summary of a finished run; undefined if it is not in the store. */
  get(key: string): RunSummary | undefined {
    const entry = this.#entry(key);
    if (!entry) return undefined;
    const { offset: _, bytes: __, ...summary } = entry;
    return { ...summary, key };
  }

  /** The trajectory of a finished run; null if it is not in the store or damaged. */
  trajectory(key: string): Promise<Trajectory | null> {
    return this.#tasks.run(() => this.#trajectory(key));
  }

  /** Adds a finished run. If the store already has it, nothing changes, unless its trajectory was lost. */
  put(run: StoredRun): Promise<void> {
    return this.#tasks.run(() => {
      const next = this.#last.then(() => this.#put(run));
      this.#last = next.catch(() => {});
      return next;
    });
  }

  /** The checkpoint of an unfinished run; null if there is none or it is damaged. */
  checkpoint(key: string): Promise<Checkpoint | null> {
    return this.#tasks.run(() => this.#checkpoint(key));
  }

  /**
   * Replaces the checkpoint of a run.
   * @throws RunError if it cannot be written.
   */
  saveCheckpoint(key: string, checkpoint: Checkpoint): Promise<void> {
    const bytes = encodeCheckpoint(key, checkpoint);
    return this.#tasks.run(() => this.#storage.write(checkpointFile(key), bytes));
  }

  /** Removes the checkpoint of a run, if there is one. */
  dropCheckpoint(key: string): Promise<void> {
    return this.#tasks.run(() => this.#storage.remove(checkpointFile(key)));
  }

  /**
   * @throws RunError if this process no longer holds the folder: another process took it over, or somebody deleted its
   * lock.
   */
  check(): Promise<void> {
    return this.#tasks.run(() => this.#storage.check());
  }

  /** Waits for pending work and releases the folder. */
  async close(): Promise<void> {
    await this.#tasks.close();
    await this.#storage.close();
  }

  async #trajectory(key: string): Promise<Trajectory | null> {
    const entry = this.#entry(key);
    if (!entry) return null;
    const { offset, bytes, experiment, digest } = entry;
    const run = `run ${key.slice(0, 12)} in ${this.#storage.name}`;
    const packed = await this.#storage.readRange(TRAJECTORIES, offset, bytes);
    try {
      if (!packed) throw new RunError(`${TRAJECTORIES} is cut short`);
      const trajectory = decodeTrajectory(packed, TRAJECTORIES);
      if ((await hashRun({ experiment, trajectory })) === digest) return trajectory;
      throw new RunError(`${TRAJECTORIES} holds another trajectory`);
    } catch (error) {
      if (!(error instanceof RunError)) throw error;
      this.#say(`${run}: ${error.message}; the run must be repeated`);
      return null;
    }
  }

  async #checkpoint(key: string): Promise<Checkpoint | null> {
    const file = checkpointFile(key);
    const bytes = await this.#storage.read(file);
    if (!bytes) return null;
    return wholeCheckpoint(key, bytes, `${this.#storage.name}/${file}`, this.#say);
  }

  async #put({ trajectory, key, ...summary }: StoredRun): Promise<void> {
    if (await this.#trajectory(key)) return;
    const packed = encodeTrajectory(trajectory);
    const offset = await this.#storage.size(TRAJECTORIES);
    await this.#storage.append(TRAJECTORIES, packed);
    const { final, evidence, dose } = summary;
    await this.#journal.append(key, {
      ...summary,
      final: writable(final),
      evidence: writable(evidence),
      dose: dose && writable(dose),
      offset,
      bytes: packed.length,
    });
    await this.#storage.remove(checkpointFile(key));
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#journal.get(key) as Entry | undefined;
    if (!entry) return undefined;
    const { final, evidence, dose } = entry;
    return {
      ...entry,
      final: readable(final),
      evidence: readable(evidence),
      dose: dose && readable(dose),
    };
  }
}

function checkpointFile(key: string): string {
  return `checkpoints/${key}.safetensors`;
}
