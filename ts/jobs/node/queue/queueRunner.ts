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

/** Runs that stand in the queue at a time; a sweep keeps twice as many on the way. */
const AT_ONCE = 128;
/** Milliseconds between looks at what is finished. */
const LOOK_EVERY = 200;
/** Looks after which all that is still missing is put into the queue again: a server may have lost it. */
const REMIND_EVERY = 20;
/** Looks after which it is said that nobody works on the queue, if that is so. */
const WORKERS_AFTER = 15;
/** Looks in a row that fail before it is said, and before all is given up. */
const SAY_AFTER = 5;
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
  readonly #say: (line: string) => void;
  readonly #awaited = new Map<string, Waiting>();
  /** Keys of runs that the queue has not been told of. */
  readonly #unsent = new Set<string>();
  /** Keys of runs that nobody waits for any more. */
  readonly #withdrawn = new Set<string>();
  #looking: Promise<void> | null = null;
  #closed = false;

  /** @param say told what is worth knowing: a server that is away, a queue that nobody works on. */
  static async open(
    url: string,
    kernels: Kernels,
    files?: FileSource,
    say: (line: string) => void = () => {},
  ): Promise<QueueRunner> {
    const { bullmq, redis } = await connect(url, say);
    const queue = new bullmq.Queue(QUEUE, { connection: redis });
    // The connection says it already.
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

  /** What is left there does no harm: it is found, and forgotten, when the same sweep is made again. */
  async forget(key: string): Promise<void> {
    await this.#queue.remove(key).catch(() => {});
  }

  /** Takes back what no worker has begun; a server that is away is not waited for. */
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

  /** A job of an id that is there already, waiting, under way or finished, is left as it is. */
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
      // Those that are asked for together go together.
      await new Promise((resolve) => setTimeout(resolve, look === 1 ? 0 : LOOK_EVERY));
      if (this.#closed || this.#awaited.size === 0) continue;
      try {
        await this.#add([...(look % REMIND_EVERY === 0 ? this.#awaited.keys() : this.#unsent)]);
        if (look === WORKERS_AFTER && (await this.#queue.getWorkersCount()) === 0) {
          this.#say("nobody works on the queue yet: `ninscope worker --queue` does");
        }
        // All of them, from the first to the last: of the newest alone, those that others left may be in the way.
        const finished = await this.#queue.getRanges(["completed", "failed"], 0, -1);
        for (const key of finished) {
          const waiting = this.#awaited.get(key);
          if (waiting) await this.#deliver(key, waiting);
        }
        failures = 0;
      } catch (error) {
        // A server that comes up again may refuse for a while.
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
      // Out of the way, so that it may be tried again.
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
    // Otherwise another has just taken it away, and it is asked for again in time.
  }
}
