import type { FileSource } from "../../data/load.js";
import type { DataSpec } from "../../data/specs.js";
import { RunError } from "../../errors/errors.js";
import type { Kernels } from "../../kernels/instance.js";
import type { Checkpoint } from "../../train/checkpoint.js";
import type { RunResult } from "../../train/experimentRun.js";
import type { TrainerHooks } from "../../train/trainer.js";
import type { KeyedDataset } from "../dataKey.js";
import type { Job, Runner } from "../runner.js";
import type { SpawnWorker } from "./handle.js";
import { spawnWebWorker } from "./spawn.js";
import { Seat, WorkerDied } from "./workerSlot.js";

export interface PoolOptions {
  /** Workers at most; each is started when it is first needed. */
  readonly size: number;
  /** Left out: a browser's worker. */
  readonly spawn?: SpawnWorker;
  readonly kernels: Kernels;
  readonly files?: FileSource;
  /** Seconds between the checkpoints from which runs of dead workers go on. */
  readonly checkpointEvery?: number;
}

/** A run that ends its worker so often without getting any further is given up. */
const MOST_DEATHS = 5;

interface Waiting {
  readonly take: (seat: Seat) => void;
  readonly leave: (error: unknown) => void;
}

/** Makes runs on workers. */
export class Pool implements Runner {
  readonly size: number;
  readonly #options: PoolOptions;
  readonly #seats = new Set<Seat>();
  readonly #idle: Seat[] = [];
  readonly #waiting: Waiting[] = [];
  readonly #closing = new Set<Promise<void>>();
  #disposed: Promise<void> | null = null;

  constructor(options: PoolOptions) {
    this.size = options.size;
    this.#options = options;
  }

  /** Whether workers can be had at all. */
  async starts(): Promise<boolean> {
    try {
      const seat = await this.#take();
      const started = await seat.ready.then(
        () => true,
        () => false,
      );
      this.#give(seat);
      return started;
    } catch {
      // A page may not even try with a file of another origin's.
      return false;
    }
  }

  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset> {
    return this.#seated(
      (seat) => seat.load(data, signal),
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
    return this.#seated(
      (seat) => seat.run(job, { ...hooks, checkpoints: { from, every, save } }),
      () => from?.step,
      signal,
    );
  }

  /** Ends all workers. What is under way fails. */
  dispose(): Promise<void> {
    this.#disposed ??= (async () => {
      for (const seat of this.#seats) this.#close(seat);
      this.#idle.length = 0;
      for (const { leave } of this.#waiting.splice(0)) leave(disposedOf());
      await Promise.all(this.#closing);
    })();
    return this.#disposed;
  }

  /** Does `work` on a free worker, and again on another if that one dies. */
  async #seated<T>(
    work: (seat: Seat) => Promise<T>,
    got: () => unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    let deaths = 0;
    for (let reached = got(); ; ) {
      const seat = await this.#take(signal);
      try {
        return await work(seat);
      } catch (error) {
        if (!(error instanceof WorkerDied)) throw error;
        if (this.#disposed) throw disposedOf();
        deaths = got() === reached ? deaths + 1 : 1;
        reached = got();
        if (deaths >= MOST_DEATHS) {
          throw new RunError(`a worker died ${deaths} times over one run: ${error.message}`);
        }
      } finally {
        this.#give(seat);
      }
    }
  }

  #take(signal?: AbortSignal): Promise<Seat> | Seat {
    signal?.throwIfAborted();
    if (this.#disposed) throw disposedOf();
    const idle = this.#idle.pop();
    if (idle) return idle;
    if (this.#seats.size < this.size) return this.#open();
    return new Promise((resolve, reject) => {
      const aborted = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal?.reason);
      };
      const waiting: Waiting = {
        take: (seat) => {
          signal?.removeEventListener("abort", aborted);
          resolve(seat);
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

  #open(): Seat {
    const { spawn = spawnWebWorker, kernels, files } = this.#options;
    const seat = new Seat(spawn, kernels, files);
    this.#seats.add(seat);
    return seat;
  }

  #close(seat: Seat): void {
    this.#seats.delete(seat);
    const closing = seat.dispose().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #give(seat: Seat): void {
    if (this.#disposed) return;
    let next = seat;
    if (!seat.free) {
      this.#close(seat);
      if (this.#waiting.length === 0) return;
      try {
        next = this.#open();
      } catch (error) {
        // Those that wait are served by the other workers, if there are any.
        if (this.#seats.size === 0) for (const { leave } of this.#waiting.splice(0)) leave(error);
        return;
      }
    }
    const waiting = this.#waiting.shift();
    if (waiting) waiting.take(next);
    else this.#idle.push(next);
  }
}

function disposedOf(): RunError {
  return new RunError("the workers were disposed of before the run was done");
}
