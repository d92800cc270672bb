import type { Queue } from "bullmq";
import type { Redis } from "ioredis";
import type { FileSource } from "../../../data/load.js";
import type { DataSpec } from "../../../data/specs.js";
import { RunError } from "../../../errors/errors.js";
import type { Kernels } from "../../../kernels/instance.js";
import { machineFor } from "../../backend.js";
import type { KeyedDataset } from "../../dataKey.js";
import { LocalRunner } from "../../localRunner.js";
import { errorOf } from "../../pool/outcome.js";
import type { Job, Runner, TrainedRun } from "../../runner.js";
import type { TrainerHooks } from "../../trainer.js";
import { connect } from "./connect.js";
import {
  QUEUE,
  type QueuedResult,
  type QueuedRun,
  unpackFailure,
  unpackResult,
} from "./protocol.js";

/** Runs that stand in the queue at a time; a sweep keeps twice as many on the way. */
const AT_ONCE = 128;
/** Milliseconds between looks at what is finished. */
const LOOK_EVERY = 200;
/** Looks after which all that is still missing is put into the queue again: a server may have lost it. */
const REMIND_EVERY = 20;

/** Looks in a row that fail before all is given up. */
const MOST_FAILURES = 150;

interface Waiting {
  readonly run: QueuedRun;
  readonly resolve: (run: TrainedRun) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Has runs made by whoever works on a queue. What is finished stays in the queue until the run is said to be safe,
 * and is found there by key: so a coordinator that was killed loses nothing, and no run is made for it twice.
 */
export class QueueRunner implements Runner<TrainedRun> {
  readonly size = AT_ONCE;
  readonly #queue: Queue;
  readonly #redis: Redis;
  readonly #kernels: Kernels;
  readonly #local: LocalRunner;
  readonly #awaited = new Map<string, Waiting>();
  #looking: Promise<void> | null = null;
  #closed = false;

  static async open(url: string, kernels: Kernels, files?: FileSource): Promise<QueueRunner> {
    const { bullmq, redis } = await connect(url);
    const queue = new bullmq.Queue(QUEUE, { connection: redis });
    // A connection that is lost is made again; until then there is nothing to say.
    queue.on("error", () => {});
    return new QueueRunner(queue, redis, kernels, files);
  }

  private constructor(queue: Queue, redis: Redis, kernels: Kernels, files?: FileSource) {
    this.#queue = queue;
    this.#redis = redis;
    this.#kernels = kernels;
    this.#local = new LocalRunner(kernels, files);
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
      aborted = () => reject(signal?.reason);
      this.#awaited.set(key, { run, resolve, reject });
      signal?.addEventListener("abort", aborted, { once: true });
    });
    try {
      await this.#add([key]);
      this.#looking ??= this.#look();
      return await result;
    } finally {
      signal?.removeEventListener("abort", aborted);
      this.#awaited.delete(key);
    }
  }

  async forget(key: string): Promise<void> {
    await this.#queue.remove(key);
  }

  async dispose(): Promise<void> {
    this.#closed = true;
    this.#fail("the queue was left before the run was done");
    await this.#looking;
    await this.#queue.close();
    this.#redis.disconnect();
  }

  /** A job of an id that is there already, waiting, under way or finished, is left as it is. */
  async #add(keys: readonly string[]): Promise<void> {
    const jobs = keys.flatMap((key) => {
      const run = this.#awaited.get(key)?.run;
      return run ? [{ name: "run", data: run, opts: { jobId: key } }] : [];
    });
    await this.#queue.addBulk(jobs);
  }

  async #look(): Promise<void> {
    let failures = 0;
    for (let look = 1; !this.#closed; look++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
      if (this.#closed || this.#awaited.size === 0) continue;
      try {
        if (look % REMIND_EVERY === 0) await this.#add([...this.#awaited.keys()]);
        for (const key of await this.#queue.getRanges(["completed", "failed"])) {
          const waiting = this.#awaited.get(key);
          if (waiting) await this.#deliver(key, waiting);
        }
        failures = 0;
      } catch (error) {
        // A server that comes up again may refuse for a while.
        if (++failures >= MOST_FAILURES) this.#fail(`the queue fails: ${(error as Error).message}`);
      }
    }
  }

  #fail(why: string): void {
    for (const { reject } of this.#awaited.values()) reject(new RunError(why));
  }

  async #deliver(key: string, { resolve, reject }: Waiting): Promise<void> {
    const job = await this.#queue.getJob(key);
    if (!job) return;
    if (job.failedReason) {
      // Out of the way, so that it may be tried again.
      await this.forget(key);
      reject(errorOf(unpackFailure(job.failedReason)));
    } else if (job.returnvalue) {
      resolve(unpackResult(job.returnvalue as QueuedResult));
    }
    this.#awaited.delete(key);
  }
}
