import { type Endpoint, expose, type Remote, releaseProxy, transfer, wrap } from "comlink";
import { type FileSource, noFiles } from "../../data/load.js";
import type { DataSpec } from "../../data/specs.js";
import type { Kernels } from "../../kernels/instance.js";
import type { KeyedDataset } from "../../train/dataKey.js";
import type { RunResult } from "../../train/experimentRun.js";
import type { TrainerHooks } from "../../train/trainer.js";
import type { Job } from "../runner.js";
import { type Handle, handleOf, type SpawnWorker } from "./handle.js";
import { type Outcome, outcomeOf, unwrap } from "./outcome.js";
import type { Host, TrainingWorker } from "./trainingWorker.js";
import { buffersIn, copyOf } from "./transfers.js";

/** The worker has died; another worker must repeat what it was doing. */
export class WorkerDied extends Error {}

/** One worker of a pool, with its channel and what it holds. */
export class WorkerSlot {
  readonly #handle: Handle;
  readonly #remote: Remote<TrainingWorker>;
  readonly #port: MessagePort;
  /** Resolves when the worker can be called; rejects if it dies before. */
  readonly ready: Promise<void>;
  readonly #files: FileSource;
  /** The hooks of the present run, which the worker calls. */
  #hooks: TrainerHooks = {};
  #held: string | null = null;
  #fail: (error: Error) => void = () => {};
  #death: WorkerDied | null = null;
  /** Whether the worker is working, even on a run that nobody wants any more. */
  #busy = false;

  constructor(spawn: SpawnWorker, kernels: Kernels, files: FileSource = noFiles) {
    this.#files = files;
    this.#handle = handleOf(spawn());
    this.#handle.onDeath((why) => this.#die(new WorkerDied(why)));
    this.#remote = wrap<TrainingWorker>(this.#handle.endpoint);
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    expose(this.#host(), port1);
    const { instantiate: _, ...code } = kernels;
    this.ready = this.#call(() => this.#remote.start(code, transfer(port2 as Endpoint, [port2])));
    this.ready.catch(() => {});
  }

  /** Whether the worker can take a run; otherwise the slot must be disposed of. */
  get free(): boolean {
    return this.#death === null && !this.#busy;
  }

  /** @throws as `run` does. */
  load(data: DataSpec, signal?: AbortSignal): Promise<KeyedDataset> {
    return this.#unlessAborted(signal, async () => {
      await this.ready;
      signal?.throwIfAborted();
      return unwrap(await this.#call<Outcome<KeyedDataset>>(() => this.#remote.load(data)));
    });
  }

  /**
   * @throws WorkerDied if the worker ends before the run does; the signal's reason at once if it is aborted; what a hook
   * throws. In the last two cases the worker goes on computing, so the slot is not free.
   */
  async run(
    { experiment, backend, data, threads = null }: Job,
    hooks: TrainerHooks,
  ): Promise<RunResult> {
    const { signal, checkpoints } = hooks;
    this.#hooks = hooks;
    const order = {
      experiment,
      backend,
      threads,
      data: data?.key ?? null,
      from: checkpoints?.from ?? null,
      checkpointEvery: checkpoints?.save ? (checkpoints.every ?? 0) : null,
      records: hooks.onRecord !== undefined,
      observes: hooks.observer ? hooks.observer.next(checkpoints?.from?.step ?? 0) : null,
    };
    try {
      return await this.#unlessAborted(signal, async () => {
        await this.ready;
        if (data && this.#held !== data.key) {
          const copy = await copyOf(data.dataset);
          signal?.throwIfAborted();
          await this.#call(() => this.#remote.hold(data.key, transfer(copy, buffersIn(copy))));
        }
        // A worker holds one data set at a time: a generated set replaces the one that it was given.
        this.#held = data?.key ?? null;
        signal?.throwIfAborted();
        return unwrap(await this.#call<Outcome<RunResult>>(() => this.#remote.run(order)));
      });
    } finally {
      this.#hooks = {};
    }
  }

  /** Ends the worker. It releases the proxy first: otherwise pending calls would keep it in memory. */
  async dispose(): Promise<void> {
    this.#die(new WorkerDied("it was disposed of"));
    this.#remote[releaseProxy]();
    this.#port.close();
    await this.#handle.terminate();
  }

  #die(death: WorkerDied): void {
    this.#death ??= death;
    this.#fail(this.#death);
  }

  async #unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const aborted = () => this.#fail(signal?.reason);
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      return await work();
    } finally {
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** A call that fails when the worker dies or the run is aborted, for then no answer may ever come. */
  #call<T>(call: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#death) return reject(this.#death);
      this.#fail = reject;
      this.#busy = true;
      call()
        .finally(() => {
          this.#busy = false;
        })
        .then(resolve, reject);
    });
  }

  #host(): Host {
    return {
      progress: (step, steps) => this.#heard(() => this.#hooks.onStep?.(step, steps)),
      record: (record) => this.#heard(async () => replyOf(await this.#hooks.onRecord?.(record))),
      look: (state) =>
        this.#heard(async () => {
          const { observer } = this.#hooks;
          const reply = replyOf(await observer?.look(state));
          return { reply, next: observer?.next(state.step + 1) ?? Number.POSITIVE_INFINITY };
        }),
      checkpoint: (checkpoint) => this.#heard(() => this.#hooks.checkpoints?.save?.(checkpoint)),
      read: (path, field) => outcomeOf(() => this.#files.read(path, field)),
      named: (name, folder, withTest) => outcomeOf(() => this.#files.named(name, folder, withTest)),
    };
  }

  /** Ends the run with what a hook throws, as it is: sent through the worker it would lose its class. */
  async #heard<T>(hook: () => T | Promise<T>): Promise<T> {
    try {
      return await hook();
    } catch (error) {
      this.#fail(error as Error);
      throw error;
    }
  }
}

/** The only reply that training heeds. Other values that a callback returns may not be cloneable. */
function replyOf(returned: unknown): "stop" | undefined {
  return returned === "stop" ? returned : undefined;
}
