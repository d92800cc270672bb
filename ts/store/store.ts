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
import { journalLine, readJournal, runInLine } from "./journal.js";
import type { RunStore, RunSummary, StoredRun } from "./runStore.js";
import type { Storage } from "./storage.js";

/** The truth: one line for each finished run. */
export const JOURNAL = "journal.jsonl";
/** Trajectories, one after another; the journal says where each stands. */
const TRAJECTORIES = "trajectories.pack";

/** A journal's line: a summary, and where in the pack its trajectory stands. */
type Entry = Omit<RunSummary, "key"> & { readonly offset: number; readonly bytes: number };

/**
 * Finished runs, each once. A run is there when its line in the journal is; its trajectory has been written and
 * synced before. Whatever a crash leaves behind is ignored.
 */
export class Store implements RunStore {
  readonly #storage: Storage;
  readonly #say: (line: string) => void;
  readonly #lines: Map<string, Uint8Array>;
  /** Lines of the journal that were damaged and are ignored. */
  readonly ignored: number;
  /** Whatever still works on the folder when it is let go of would do so beside its next holder. */
  readonly #tasks: TaskGroup;
  #torn: boolean;
  #last: Promise<unknown> = Promise.resolve();

  /** @param say receives a line about each damaged file, whose run is made again. */
  static async open(storage: Storage, say: (line: string) => void = () => {}): Promise<Store> {
    return new Store(storage, (await storage.read(JOURNAL)) ?? new Uint8Array(0), say);
  }

  private constructor(storage: Storage, journal: Uint8Array, say: (line: string) => void) {
    const { lines, ignored, torn } = readJournal(journal);
    this.#storage = storage;
    this.#say = say;
    this.#tasks = new TaskGroup(`${storage.name} has been closed`);
    this.#lines = new Map(lines);
    this.ignored = ignored;
    this.#torn = torn;
  }

  /** Number of finished runs. */
  get size(): number {
    return this.#lines.size;
  }

  /** Keys of the finished runs. */
  keys(): string[] {
    return [...this.#lines.keys()];
  }

  /** The summary of a finished run; undefined if it is not there. */
  get(key: string): RunSummary | undefined {
    const entry = this.#entry(key);
    if (!entry) return undefined;
    const { offset: _, bytes: __, ...summary } = entry;
    return { ...summary, key };
  }

  /** The record of a finished run; null if it is not there or damaged. */
  trajectory(key: string): Promise<Trajectory | null> {
    return this.#tasks.run(() => this.#trajectory(key));
  }

  /** A run that is there already stays as it is, unless its trajectory was lost. */
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

  /** @throws RunError if the folder is not ours any more: another process has taken it, or somebody deleted its lock. */
  check(): Promise<void> {
    return this.#tasks.run(() => this.#storage.check());
  }

  /** Waits for what is under way and lets go of the folder. */
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
      this.#say(`${run}: ${error.message}; the run counts as not made`);
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
    const { final, evidence } = summary;
    const line = journalLine(key, {
      ...summary,
      final: writable(final),
      evidence: writable(evidence),
      offset,
      bytes: packed.length,
    });
    await this.#append(line);
    this.#lines.set(key, line.subarray(0, line.length - 1));
    await this.#storage.remove(checkpointFile(key));
  }

  async #append(line: Uint8Array): Promise<void> {
    const whole = this.#torn ? onNewLine(line) : line;
    // Until it is all there, what is there may be anything.
    this.#torn = true;
    await this.#storage.append(JOURNAL, whole);
    this.#torn = false;
  }

  #entry(key: string): Entry | undefined {
    const line = this.#lines.get(key);
    if (!line) return undefined;
    const entry = runInLine(line) as Entry;
    return { ...entry, final: readable(entry.final), evidence: readable(entry.evidence) };
  }
}

/** A line that does not go on where a torn one ends. */
function onNewLine(line: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(1 + line.length);
  whole[0] = 10;
  whole.set(line, 1);
  return whole;
}

function checkpointFile(key: string): string {
  return `checkpoints/${key}.safetensors`;
}
