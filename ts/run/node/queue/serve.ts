import { hostname } from "node:os";
import type { Job as QueueJob } from "bullmq";
import type { FileSource } from "../../../data/load.js";
import { InputError } from "../../../errors/errors.js";
import { loadKernels } from "../../../kernels/kernels.js";
import { machineFor } from "../../backend.js";
import { isGenerated, type KeyedDataset } from "../../dataKey.js";
import { canonicalJson } from "../../hash.js";
import { spawnThread } from "../../pool/node/spawn.js";
import { failureOf } from "../../pool/outcome.js";
import { Pool } from "../../pool/pool.js";
import { runKey } from "../../runKey.js";
import { connect } from "./connect.js";
import { packFailure, packResult, QUEUE, type QueuedResult, type QueuedRun } from "./protocol.js";

export interface ServeOptions {
  /** Runs at once, each on a thread. */
  readonly workers: number;
  readonly files: FileSource;
  readonly signal: AbortSignal;
  /** Told of each run that is begun or done. */
  readonly onRun?: (key: string, done: boolean) => void;
}

/** A worker that is silent for so long is taken to be dead, and its runs are given to others. */
const LOCK_MS = 10_000;

/**
 * Makes the runs that a queue holds, until the signal is aborted: those under way are given back.
 * @throws InputError if this machine's data is not the sweep's: another worker may have the right data, so the run
 * goes back to the queue; the signal's reason.
 */
export async function serveQueue(url: string, options: ServeOptions): Promise<never> {
  const { workers, signal } = options;
  const { bullmq, redis } = await connect(url);
  const server = new Server(options);
  let stop: (error: unknown) => void = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = reject;
  });
  const worker = new bullmq.Worker<QueuedRun, QueuedResult>(
    QUEUE,
    async (job, token) => {
      try {
        return await server.make(job);
      } catch (error) {
        if (signal.aborted) {
          await job.moveToWait(token);
          throw new bullmq.WaitingError();
        }
        if (error instanceof WrongData) {
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
  worker.on("error", () => {});
  const aborted = () => stop(signal.reason);
  signal.addEventListener("abort", aborted, { once: true });
  if (signal.aborted) aborted();
  try {
    return await stopped;
  } finally {
    signal.removeEventListener("abort", aborted);
    await server.dispose();
    await worker.close();
    redis.disconnect();
  }
}

class WrongData extends InputError {}

class Server {
  readonly #options: ServeOptions;
  readonly #pools = new Map<string, Promise<Pool>>();
  #data: { readonly spec: string; readonly loaded: Promise<KeyedDataset> } | null = null;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  async make({ id = "", data: run }: QueueJob<QueuedRun>): Promise<QueuedResult> {
    const { experiment, backend, flavour } = run;
    const { signal, onRun } = this.#options;
    const pool = await this.#pool(flavour);
    const data = isGenerated(experiment.data) ? null : await this.#load(pool, run);
    const machine = await machineFor(backend, await this.#kernels(flavour));
    if ((await runKey(experiment, data?.key ?? null, machine)) !== id) {
      throw new WrongData(
        "--queue",
        `${hostname()} would make another run than the sweep asks for: its ninscope or its kernels (${machine.flavour} for ${flavour}) are not the sweep's`,
      );
    }
    onRun?.(id, false);
    const { parameters: _, ...result } = await pool.run(
      { key: id, experiment, backend, data },
      { signal },
    );
    onRun?.(id, true);
    return packResult(result);
  }

  async dispose(): Promise<void> {
    for (const pool of this.#pools.values()) await (await pool).dispose();
  }

  async #load(pool: Pool, { experiment, data: wanted }: QueuedRun): Promise<KeyedDataset> {
    const spec = canonicalJson(experiment.data);
    if (this.#data?.spec !== spec) this.#data = { spec, loaded: pool.load(experiment.data) };
    const data = await this.#data.loaded;
    if (data.key === wanted) return data;
    const { name } = experiment.data;
    throw new WrongData(
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
