import type { FileSource } from "../../data/load.js";
import type { DataSpec } from "../../data/specs.js";
import { RunError } from "../../errors/errors.js";
import type { Kernels } from "../../kernels/instance.js";
import type { Checkpoint } from "../../train/checkpoint.js";
import type { KeyedDataset } from "../../train/dataKey.js";
import type { RunResult } from "../../train/experimentRun.js";
import type { TrainerHooks } from "../../train/trainer.js";
import type { Job, Runner } from "../runner.js";
import type { SpawnWorker } from "./handle.js";
import { spawnWebWorker } from "./spawn.js";
import { WorkerDied, WorkerSlot } from "./workerSlot.js";

export interface PoolOptions {
  /** The largest number of workers; each starts when it is first needed. */
  readonly size: number;
  /** Default: starts a browser's worker. */
  readonly spawn?: SpawnWorker;
  readonly kernels: Kernels;
  readonly files?: FileSource;
  /** Seconds between checkpoints; runs of dead workers continue from them. */
  readonly checkpointEvery?: number;
}

/** A run fails after so many worker deaths without progress in between. */
const MOST_DEATHS = 5;

interface Waiting {
  readonly take: (slot: WorkerSlot) => void;
  readonly leave: (error: unknown) => void;
}

/** Makes runs on workers. */
export class Pool implements Runner {
  readonly size: number;
  readonly #options: PoolOptions;
  readonly #slots = new Set<WorkerSlot>();
  readonly #idle: WorkerSlot[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #closing = new Set<Promise<void>>();
  #disposed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    this.size = options.size;
    this.#options = options;
  }

  /** Whether a worker starts at all. */
  async starts(): Promise<boolean> {
    try {
      const slot = await this.#take();
      const started = await slot.ready.then(
        () => true,
        () => false,
      );
      this.#give(slot);
      return started;
    } catch {
      // A browser throws at once for a worker file from another origin.
      return false;
    }
  }

  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset> {
    return this.#onSlot(
      (slot) => slot.load(data, signal),
      () => {},
      signal,
    );
  }

  run(job: Job, hooks: TrainerHooks = {}): Promise<RunResult> {
    const { checkpoints, signal } = hooks;
    let from: Checkpoint | null = checkpoints?.from ?? null;
    const save = async (checkpoint: Checkpoint) => {
      from = checkpoint;
      await checkpoints?.save?.(checkpoint);
    };
    const every = checkpoints?.every ?? this.#options.checkpointEvery ?? 10;
    return this.#onSlot(
      (slot) => slot.run(job, { ...hooks, checkpoints: { from, every, save } }),
      () => from?.step,
      signal,
    );
  }

  /** Ends all workers. Runs that are under way fail. */
  dispose(): Promise<void> {
    this.#disposed ??= (async () => {
      for (const slot of this.#slots) this.#close(slot);
      this.#idle.length = 0;
      for (const { leave } of this.#waiting.splice(0)) leave(disposedOf());
      await Promise.all(this.#closing);
    })();
    return this.#disposed;
  }

  /** Does `work` on a free worker, and repeats it on another if that one dies. */
  async #onSlot<T>(
    work: (slot: WorkerSlot) => Promise<T>,
    got: () => unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    let deaths = 0;
    for (let reached = got(); ; ) {
      const slot = await this.#take(signal);
      try {
        return await work(slot);
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        if (this.#disposed) throw disposedOf();
        deaths = got() === reached ? deaths + 1 : 1;
        reached = got();
        if (deaths >= MOST_DEATHS) {
          throw new RunError(`a worker died ${deaths} times over one run: ${error.message}`);
        }
      } finally {
        this.#give(slot);
      }
    }
  }

  #take(signal?: AbortSignal): Promise<WorkerSlot> | WorkerSlot {
    signal?.throwIfAborted();
    if (this.#disposed) throw disposedOf();
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#slots.size < this.size) return this.#open();
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        take: (slot) => {
          signal?.removeEventListener("abort", aborted);
          resolve(slot);
        },
        leave: (error) => {
          signal?.removeEventListener("abort", aborted);
          reject(error);
        },
      };
      signal?.addEventListener("abort", aborted, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #open(): WorkerSlot {
    const { spawn = spawnWebWorker, kernels, files } = this.#options;
    const slot = new WorkerSlot(spawn, kernels, files);
    this.#slots.add(slot);
    return slot;
  }

  #close(slot: WorkerSlot): void {
    this.#slots.delete(slot);
    const closing = slot.dispose().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #give(slot: WorkerSlot): void {
    if (this.#disposed) return;
    let next = slot;
    if (!slot.free) {
      this.#close(slot);
      if (this.#waiting.length === 0) return;
      try {
        next = this.#open();
      } catch (error) {
        // Other workers, if there are any, make the waiting runs.
        if (this.#slots.size === 0) for (const { leave } of this.#waiting.splice(0)) leave(error);
        return;
      }
    }
    const waiting = this.#waiting.shift();
    if (waiting) waiting.take(next);
    else this.#idle.push(next);
  }
}

function disposedOf(): RunError {
  return new RunError("the workers were closed before the run was done");
}
