import { hostname } from "node:os";
import type { Job as QueueJob } from "bullmq";
import { backendRecord, machineFor } from "../../../backend/machineFor.js";
import type { FileSource } from "../../../data/load.js";
import { InputError } from "../../../errors/errors.js";
import { canonicalJson } from "../../../format/hash.js";
import { loadKernels } from "../../../kernels/kernels.js";
import { CHECKPOINT_EVERY, type Checkpoint, type Checkpoints } from "../../../train/checkpoint.js";
import { isGenerated, type KeyedDataset } from "../../../train/dataKey.js";
import { spawnThread } from "../../pool/node/spawn.js";
import { failureOf } from "../../pool/outcome.js";
import { Pool } from "../../pool/pool.js";
import { runKey } from "../../runKey.js";
import { connect, soon } from "./connect.js";
import { packFailure, packResult, QUEUE, type QueuedResult, type QueuedRun } from "./protocol.js";
import { SharedCheckpoints } from "./sharedCheckpoints.js";

export interface ServeOptions {
  /** Number of runs at a time, one on each thread. */
  readonly workers: number;
  readonly files: FileSource;
  readonly signal: AbortSignal;
  /** A folder that all workers share; a run of a dead worker continues from its checkpoint there. Default: it starts again. */
  readonly checkpoints?: string;
  /** Seconds between the checkpoints of a run; default 30. */
  readonly checkpointEvery?: number;
  /** Receives the key of each run that is done. */
  readonly onRun?: (key: string) => void;
  /**
   * Receives messages for the user: a run continues from a checkpoint, a checkpoint could not be saved, the server does not
   * answer or refuses data.
   */
  readonly say?: (line: string) => void;
}

/** Milliseconds without a sign of life after which a worker counts as dead, and others take over its runs. */
const LOCK_MS = 10_000;

/**
 * Makes the runs of a queue until the signal is aborted; unfinished runs then go back to the queue.
 * @throws InputError if this machine lacks the sweep's data or kernels: the run goes back to the queue, because another
 * worker may have them; the signal's reason.
 */
export async function serveQueue(url: string, options: ServeOptions): Promise<never> {
  const { workers, signal, checkpoints, say = () => {} } = options;
  const shared = checkpoints === undefined ? null : await SharedCheckpoints.open(checkpoints, say);
  const { bullmq, redis } = await connect(url, say);
  const server = new Server(options, shared);
  let ending = false;
  let stop: (error: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = (error) => {
      ending = true;
      reject(error);
    };
  });
  const worker = new bullmq.Worker<QueuedRun, QueuedResult>(
    QUEUE,
    async (job, token) => {
      try {
        return await server.make(job);
      } catch (error) {
        if (ending) {
          await job.moveToWait(token);
          throw new bullmq.WaitingError();
        }
        if (error instanceof WrongMachine) {
          await job.moveToDelayed(Date.now() + 1000, token);
          stop(error);
          throw new bullmq.DelayedError();
        }
        throw new bullmq.UnrecoverableError(packFailure(failureOf(error)));
      }
    },
    {
      connection: redis,
      concurrency: workers,
      lockDuration: LOCK_MS,
      stalledInterval: LOCK_MS / 2,
      // The death of its worker must not fail a run.
      maxStalledCount: 1_000_000,
    },
  );
  let last = "";
  worker.on("error", ({ message }) => {
    // The connection itself reports that it is lost. Other errors repeat: each is reported once.
    if (redis.status === "ready" && message !== last) say(`the queue: ${message}`);
    last = message;
  });
  const aborted = () => stop(signal.reason);
  signal.addEventListener("abort", aborted, { once: true });
  if (signal.aborted) aborted();
  try {
    return await stopped;
  } finally {
    signal.removeEventListener("abort", aborted);
    await server.dispose();
    await soon(worker.close());
    redis.disconnect();
  }
}

/** The run is right, but this machine cannot make it. */
class WrongMachine extends InputError {}

class Server {
  readonly #options: ServeOptions;
  readonly #shared: SharedCheckpoints | null;
  readonly #pools = new Map<string, Promise<Pool>>();
  #data: { readonly spec: string; readonly loaded: Promise<KeyedDataset> } | null = null;

  constructor(options: ServeOptions, shared: SharedCheckpoints | null) {
    this.#options = options;
    this.#shared = shared;
  }

  async make({ id = "", data: run }: QueueJob<QueuedRun>): Promise<QueuedResult> {
    const { experiment, backend, flavour } = run;
    const { signal, onRun } = this.#options;
    const pool = await this.#pool(flavour);
    const data = isGenerated(experiment.data) ? null : await this.#load(pool, run);
    const kernels = await this.#kernels(flavour);
    const machine = await machineFor(backend, kernels);
    const key = await runKey(experiment, data?.key ?? null, backendRecord(machine, kernels));
    if (key !== id) {
      throw new WrongMachine(
        "--queue",
        `${hostname()} would compute other numbers than the sweep: its version of ninscope or its kernels (${machine.flavour}, the sweep has ${flavour}) differ`,
      );
    }
    const job = { key: id, experiment, backend, data };
    const checkpoints = await this.#checkpoints(id);
    const { parameters: _, ...result } = await pool.run(job, { signal, checkpoints });
    await this.#shared?.dropCheckpoint(id).catch(this.#unkept);
    onRun?.(id);
    return packResult(result);
  }

  async dispose(): Promise<void> {
    for (const pool of this.#pools.values()) await (await pool).dispose();
  }

  async #checkpoints(key: string): Promise<Checkpoints | undefined> {
    const shared = this.#shared;
    if (!shared) return undefined;
    const { checkpointEvery: every = CHECKPOINT_EVERY, say } = this.#options;
    const from = await shared.checkpoint(key);
    if (from) say?.(`run ${key.slice(0, 12)} continues from step ${from.step}`);
    const save = (checkpoint: Checkpoint) =>
      shared.saveCheckpoint(key, checkpoint).catch(this.#unkept);
    return { from, every, save };
  }

  /** Without its checkpoint, a run that another worker takes over starts again; its result is the same. */
  readonly #unkept = (error: Error) => this.#options.say?.(error.message);

  async #load(pool: Pool, { experiment, data: wanted }: QueuedRun): Promise<KeyedDataset> {
    const { name } = experiment.data;
    const spec = canonicalJson(experiment.data);
    if (this.#data?.spec !== spec) this.#data = { spec, loaded: pool.load(experiment.data) };
    // The sweep has the data, or the run would not be in the queue; so this machine lacks it.
    const data = await this.#data.loaded.catch(({ message }: Error) => {
      throw new WrongMachine("data", `${hostname()} does not have the sweep's data: ${message}`);
    });
    if (data.key === wanted) return data;
    throw new WrongMachine(
      "data",
      `data ${name} on ${hostname()} has SHA-256 ${data.key.slice(0, 16)}..., the sweep's has ${wanted?.slice(0, 16)}...: takes the same files on every machine`,
    );
  }

  #kernels(flavour: string) {
    return loadKernels({ fast: flavour === "relaxed" });
  }

  /** The threads for each build of the kernels. */
  #pool(flavour: string): Promise<Pool> {
    const { workers: size, files } = this.#options;
    const made =
      this.#pools.get(flavour) ??
      this.#kernels(flavour).then(
        (kernels) => new Pool({ size, spawn: spawnThread, kernels, files }),
      );
    this.#pools.set(flavour, made);
    return made;
  }
}
