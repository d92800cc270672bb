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
  /** Runs at once, each on a thread. */
  readonly workers: number;
  readonly files: FileSource;
  readonly signal: AbortSignal;
  /** A folder that all workers share: a run that is taken over goes on from there. Left out: it begins anew. */
  readonly checkpoints?: string;
  /** Seconds between the checkpoints of a run; left out: 30. */
  readonly checkpointEvery?: number;
  /** Told of each run that is done. */
  readonly onRun?: (key: string) => void;
  /**
   * Told what is worth knowing besides: a run that goes on from a checkpoint, a checkpoint that was not kept, a server
   * that is away or does not take what it is given.
   */
  readonly say?: (line: string) => void;
}

/** A worker that is silent for so long is taken to be dead, and its runs are given to others. */
const LOCK_MS = 10_000;

/**
 * Makes the runs that a queue holds, until the signal is aborted: those under way are given back.
 * @throws InputError if this machine does not have the sweep's data, or not its kernels: another worker may, so the
 * run goes back to the queue; the signal's reason.
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
      // A run is not to blame for the workers that die around it.
      maxStalledCount: 1_000_000,
    },
  );
  let last = "";
  worker.on("error", ({ message }) => {
    // Of a lost connection the connection tells; what else is wrong is said again and again.
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

/** Not the run is wrong but where it was to be made. */
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
        `${hostname()} would make another run than the sweep asks for: its ninscope or its kernels (${machine.flavour} for ${flavour}) are not the sweep's`,
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
    if (from) say?.(`run ${key.slice(0, 12)} goes on from step ${from.step}`);
    const save = (checkpoint: Checkpoint) =>
      shared.saveCheckpoint(key, checkpoint).catch(this.#unkept);
    return { from, every, save };
  }

  /** A folder that fails costs a run that is taken over its time, and no run its result. */
  readonly #unkept = (error: Error) => this.#options.say?.(error.message);

  async #load(pool: Pool, { experiment, data: wanted }: QueuedRun): Promise<KeyedDataset> {
    const { name } = experiment.data;
    const spec = canonicalJson(experiment.data);
    if (this.#data?.spec !== spec) this.#data = { spec, loaded: pool.load(experiment.data) };
    // The sweep has it, or the run would not be in the queue.
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

  /** Threads for each build of the kernels. */
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
