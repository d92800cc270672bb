import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { machineFor } from "../../../backend/machineFor.js";
import type { FileSource } from "../../../data/load.js";
import type { DataSpec } from "../../../data/specs.js";
import { RunError } from "../../../errors/errors.js";
import type { Kernels } from "../../../kernels/instance.js";
import type { KeyedDataset } from "../../../train/dataKey.js";
import type { TrainerHooks } from "../../../train/trainer.js";
import { LocalRunner } from "../../localRunner.js";
import { errorOf } from "../../pool/outcome.js";
import type { Job, Runner, TrainedRun } from "../../runner.js";
import { connect, soon } from "./connect.js";
import {
  QUEUE,
  type QueuedResult,
  type QueuedRun,
  unpackFailure,
  unpackResult,
} from "./protocol.js";

/** Number of runs in the queue at a time; a sweep asks for twice as many. */
const AT_ONCE = 128;
/** Milliseconds between polls for finished runs. */
const LOOK_EVERY = 200;
/** Polls after which all unfinished runs are added to the queue again, in case the server lost them. */
const REMIND_EVERY = 20;
/** Polls after which the user is told if the queue has no workers. */
const WORKERS_AFTER = 15;
/** Failed polls in a row before the user is told, and before all runs fail. */
const SAY_AFTER = 5;
const MOST_FAILURES = 150;

interface Waiting {
  readonly run: QueuedRun;
  readonly resolve: (run: TrainedRun) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Lets the workers of a queue make runs. Finished runs stay in the queue, under their keys, until the caller has stored
 * them. A coordinator that was killed therefore loses nothing, and workers make no run twice.
 */
export class QueueRunner implements Runner<TrainedRun> {
  readonly size = AT_ONCE;
  readonly #queue: Queue;
  readonly #redis: Redis;
  readonly #kernels: Kernels;
  readonly #local: LocalRunner;
  readonly #say: (line: string) => void;
  readonly #awaited = new Map<string, Waiting>();
  /** Keys of runs that are not in the queue yet. */
  readonly #unsent = new Set<string>();
  /** Keys of runs that the caller no longer waits for. */
  readonly #withdrawn = new Set<string>();
  #looking: Promise<void> | null = null;
  #closed = false;

  /** @param say receives messages for the user: the server does not answer, or the queue has no workers. */
  static async open(
    url: string,
    kernels: Kernels,
    files?: FileSource,
    say: (line: string) => void = () => {},
  ): Promise<QueueRunner> {
    const { bullmq, redis } = await connect(url, say);
    const queue = new bullmq.Queue(QUEUE, { connection: redis });
    // The connection reports its errors itself.
    queue.on("error", () => {});
    return new QueueRunner(queue, redis, say, new LocalRunner(kernels, files), kernels);
  }

  private constructor(
    queue: Queue,
    redis: Redis,
    say: (line: string) => void,
    local: LocalRunner,
    kernels: Kernels,
  ) {
    this.#queue = queue;
    this.#redis = redis;
    this.#say = say;
    this.#local = local;
    this.#kernels = kernels;
  }

  load(data: DataSpec): Promise<KeyedDataset> {
    return this.#local.load(data);
  }

  async run(
    { key, experiment, backend, data }: Job,
    { signal }: TrainerHooks = {},
  ): Promise<TrainedRun> {
    const { flavour } = await machineFor(backend, this.#kernels);
    const run: QueuedRun = { experiment, backend, flavour, data: data?.key ?? null };
    signal?.throwIfAborted();
    let aborted = () => {};
    const result = new Promise<TrainedRun>((resolve, reject) => {
      aborted = () => {
        this.#withdrawn.add(key);
        reject(signal?.reason);
      };
      this.#awaited.set(key, { run, resolve, reject });
      signal?.addEventListener("abort", aborted, { once: true });
    });
    this.#unsent.add(key);
    this.#looking ??= this.#look();
    try {
      return await result;
    } finally {
      signal?.removeEventListener("abort", aborted);
      this.#awaited.delete(key);
      this.#unsent.delete(key);
    }
  }

  /** If this fails, a result stays in the queue; the same sweep, run again, finds and removes it. */
  async forget(key: string): Promise<void> {
    await this.#queue.remove(key).catch(() => {});
  }

  /** Removes the runs that no worker has begun. Does not wait for a server that is away. */
  async dispose(): Promise<void> {
    this.#closed = true;
    for (const key of this.#awaited.keys()) this.#withdrawn.add(key);
    this.#fail("the queue was left before the run was done");
    const leave = async () => {
      await this.#looking;
      const waiting = await this.#queue.getRanges(["wait", "delayed", "prioritized"], 0, -1);
      for (const key of waiting) {
        if (this.#withdrawn.has(key)) await this.forget(key);
      }
      await this.#queue.close();
    };
    await soon(leave());
    this.#redis.disconnect();
  }

  /** The queue ignores a job whose id it already holds, waiting, active or finished. */
  async #add(keys: readonly string[]): Promise<void> {
    const jobs = keys.flatMap((key) => {
      const run = this.#awaited.get(key)?.run;
      return run ? [{ name: "run", data: run, opts: { jobId: key } }] : [];
    });
    if (jobs.length > 0) await this.#queue.addBulk(jobs);
    for (const key of keys) this.#unsent.delete(key);
  }

  async #look(): Promise<void> {
    let failures = 0;
    for (let look = 1; !this.#closed; look++) {
      // Adds all runs that the caller asks for at once in one call.
      await new Promise((resolve) => setTimeout(resolve, look === 1 ? 0 : LOOK_EVERY));
      if (this.#closed || this.#awaited.size === 0) continue;
      try {
        await this.#add([...(look % REMIND_EVERY === 0 ? this.#awaited.keys() : this.#unsent)]);
        if (look === WORKERS_AFTER && (await this.#queue.getWorkersCount()) === 0) {
          this.#say("the queue has no workers yet: start one with `ninscope worker --queue`");
        }
        // Asks for all finished jobs: the newest ones alone may all be leftovers of other sweeps.
        const finished = await this.#queue.getRanges(["completed", "failed"], 0, -1);
        for (const key of finished) {
          const waiting = this.#awaited.get(key);
          if (waiting) await this.#deliver(key, waiting);
        }
        failures = 0;
      } catch (error) {
        // A server that restarts may refuse commands for a while.
        const { message } = error as Error;
        if (failures++ === SAY_AFTER) this.#say(`the queue: ${message}`);
        if (failures >= MOST_FAILURES) this.#fail(`the queue fails: ${message}`);
      }
    }
  }

  #fail(why: string): void {
    for (const { reject } of this.#awaited.values()) reject(new RunError(why));
  }

  async #deliver(key: string, { resolve, reject }: Waiting): Promise<void> {
    const job = await this.#queue.getJob(key);
    if (job?.failedReason) {
      // Removes the failed job, so that the run can be tried again.
      await this.forget(key);
      reject(errorOf(unpackFailure(job.failedReason)));
    } else if (job?.returnvalue) {
      try {
        resolve(unpackResult(job.returnvalue as QueuedResult));
      } catch (error) {
        await this.forget(key);
        reject(error as Error);
      }
    }
    // Otherwise another process has just removed the job; a later poll adds the run again.
  }
}
