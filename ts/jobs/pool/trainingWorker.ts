import { type Endpoint, expose, type Remote, transfer, wrap } from "comlink";
import { type BackendName, machineFor } from "../../backend/machineFor.js";
import type { Dataset } from "../../data/dataset.js";
import { type FileSource, loadDataset } from "../../data/load.js";
import type { DataSpec } from "../../data/specs.js";
import type { Experiment } from "../../experiment/schema.js";
import { type Kernels, kernelsFrom } from "../../kernels/instance.js";
import { Streams } from "../../random/streams.js";
import type { Checkpoint } from "../../train/checkpoint.js";
import { hashDataset, type KeyedDataset } from "../../train/dataKey.js";
import { type RunResult, runExperiment } from "../../train/experimentRun.js";
import { Prepared } from "../../train/prepare.js";
import type { EvaluationRecord } from "../../train/record/recorder.js";
import type { Observed, Observer } from "../../train/trainer.js";
import { DatasetCache } from "../datasetCache.js";
import type { ThreadsOrder } from "../pageThreads.js";
import { type Outcome, outcomeOf, unwrap } from "./outcome.js";
import { buffersIn } from "./transfers.js";
import { webThreading } from "./webThreading.js";

/** A run as it is sent to a worker. */
export interface Order {
  readonly experiment: Experiment;
  readonly backend: BackendName;
  /** The threads that the run may have; null: one. */
  readonly threads: ThreadsOrder | null;
  /** Key of the data set that the worker holds; null: it generates it. */
  readonly data: string | null;
  readonly from: Checkpoint | null;
  /** Seconds between checkpoints; null: none. */
  readonly checkpointEvery: number | null;
  /** Whether the host wants each evaluation. */
  readonly records: boolean;
  /** The first step whose weights the host wants to see; null: it has no observer. */
  readonly observes: number | null;
}

/** Smallest interval between two reports of progress. */
const TELL_MS = 50;

/** What a worker calls on its host thread. */
export interface Host {
  progress(step: number, steps: number): void;
  record(record: EvaluationRecord): Promise<unknown>;
  /** Shows the host a run's weights; it answers with its reply and the next step that it wants to see. */
  look(state: Observed): Promise<{ readonly reply: unknown; readonly next: number }>;
  checkpoint(checkpoint: Checkpoint): Promise<void>;
  read(...args: Parameters<FileSource["read"]>): Promise<Outcome<Uint8Array>>;
  named(
    ...args: Parameters<FileSource["named"]>
  ): Promise<Outcome<Awaited<ReturnType<FileSource["named"]>>>>;
}

/** Kernels as they are sent to a worker. */
export type KernelCode = Omit<Kernels, "instantiate">;

/** What a worker does for its host thread, one thing at a time. */
export class TrainingWorker {
  #kernels: Kernels | null = null;
  #cache: DatasetCache | null = null;
  #host: Remote<Host> | null = null;

  start({ module, flavour, vectorBits, digest }: KernelCode, host: Endpoint): void {
    this.#kernels = kernelsFrom(module, flavour, vectorBits, digest);
    this.#cache = new DatasetCache(this.#kernels);
    this.#host = wrap<Host>(host);
  }

  /** Loads a data set and transfers it to the host. */
  async load(data: DataSpec): Promise<Outcome<KeyedDataset>> {
    const { kernels, host } = this.#started();
    const outcome = await outcomeOf(async () => {
      const files: FileSource = {
        read: async (path, field) => unwrap(await host.read(path, field)),
        named: async (...args) => unwrap(await host.named(...args)),
      };
      const dataset = await loadDataset(data, new Streams(kernels, 0), files);
      return { key: await hashDataset(dataset), dataset };
    });
    return transfer(outcome, buffersIn(outcome));
  }

  /** Keeps a data set for the following runs, and drops the one before. */
  hold(key: string, dataset: Dataset): void {
    this.#started().cache.put({ key, dataset });
  }

  async run(order: Order): Promise<Outcome<RunResult>> {
    const { kernels, cache, host } = this.#started();
    const { experiment, backend, threads, data, from, checkpointEvery, records, observes } = order;
    let told = 0;
    let heard: Promise<void> | undefined;
    const outcome = await outcomeOf(async () => {
      const dataset = data === null ? await cache.generated(experiment) : cache.get(data);
      const work = { experiment, kernels, data: async () => dataset };
      const choice = threads
        ? await webThreading(threads, work)
        : { machine: await machineFor(backend, kernels) };
      const parts = { kernels, data: dataset, dataKey: data, ...choice };
      return runExperiment(new Prepared(experiment, parts), {
        onStep: (step, steps) => {
          if (performance.now() - told < TELL_MS && step < steps) return;
          told = performance.now();
          heard = host.progress(step, steps);
        },
        ...(records && { onRecord: (record) => host.record(record) }),
        ...(observes !== null && { observer: remoteObserver(host, observes) }),
        checkpoints:
          checkpointEvery === null
            ? { from }
            : {
                from,
                every: checkpointEvery,
                save: (checkpoint) => host.checkpoint(transfer(checkpoint, buffersIn(checkpoint))),
              },
      });
    });
    // Progress goes through another channel than the result, and must arrive before it.
    await heard;
    return transfer(outcome, buffersIn(outcome));
  }

  #started(): { kernels: Kernels; cache: DatasetCache; host: Remote<Host> } {
    if (!this.#kernels || !this.#cache || !this.#host) throw new Error("the worker is not started");
    return { kernels: this.#kernels, cache: this.#cache, host: this.#host };
  }
}

/** An observer on the host's thread; it names the next step each time it has looked. */
function remoteObserver(host: Remote<Host>, first: number): Observer {
  let wanted = first;
  return {
    next: () => wanted,
    look: async (state) => {
      const { reply, next } = await host.look(transfer(state, buffersIn(state)));
      wanted = next;
      return reply;
    },
  };
}

/** Exposes a training worker to the other end of a channel. */
export function serve(endpoint: Endpoint): void {
  expose(new TrainingWorker(), endpoint);
}
