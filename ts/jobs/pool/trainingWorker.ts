import { type Endpoint, expose, type Remote, transfer, wrap } from "comlink";
import { type BackendName, machineFor } from "../../backend/machineFor.js";
import type { Dataset } from "../../data/dataset.js";
import { type FileSource, loadDataset } from "../../data/load.js";
import type { DataSpec } from "../../data/specs.js";
import type { Experiment } from "../../experiment/schema.js";
import { type Flavour, type Kernels, kernelsFrom } from "../../kernels/instance.js";
import { Streams } from "../../random/streams.js";
import type { Checkpoint } from "../../train/checkpoint.js";
import { type RunResult, runExperiment } from "../../train/experimentRun.js";
import { Prepared } from "../../train/prepare.js";
import type { EvaluationRecord } from "../../train/recorder.js";
import type { Observed, Observer } from "../../train/trainer.js";
import { hashDataset, type KeyedDataset } from "../dataKey.js";
import { DataShelf } from "../datasetCache.js";
import { type Outcome, outcomeOf, unwrap } from "./outcome.js";
import { buffersIn } from "./transfers.js";

/** A run as it is sent to a worker. */
export interface Order {
  readonly experiment: Experiment;
  readonly backend: BackendName;
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

/** Progress is told no more often than this. */
const TELL_MS = 50;

/** What a worker calls on the thread that it works for. */
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

/** What a worker does for the thread that it works for. One thing at a time. */
export class TrainingWorker {
  #kernels: Kernels | null = null;
  #shelf: DataShelf | null = null;
  #host: Remote<Host> | null = null;

  start(module: WebAssembly.Module, flavour: Flavour, host: Endpoint): void {
    this.#kernels = kernelsFrom(module, flavour);
    this.#shelf = new DataShelf(this.#kernels);
    this.#host = wrap<Host>(host);
  }

  /** Reads a data set and gives it away. */
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

  /** Keeps a data set for the runs that follow, in place of the one before. */
  hold(key: string, dataset: Dataset): void {
    this.#started().shelf.put({ key, dataset });
  }

  async run(order: Order): Promise<Outcome<RunResult>> {
    const { kernels, shelf, host } = this.#started();
    const { experiment, backend, data, from, checkpointEvery, records, observes } = order;
    let told = 0;
    let heard: Promise<void> | undefined;
    const outcome = await outcomeOf(async () => {
      const dataset = data === null ? await shelf.generated(experiment) : shelf.get(data);
      const machine = await machineFor(backend, kernels);
      return runExperiment(new Prepared(experiment, { kernels, data: dataset, machine }), {
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
    // The result takes another way than what was told on the way there: it must not come first.
    await heard;
    return transfer(outcome, buffersIn(outcome));
  }

  #started(): { kernels: Kernels; shelf: DataShelf; host: Remote<Host> } {
    if (!this.#kernels || !this.#shelf || !this.#host) throw new Error("the worker is not started");
    return { kernels: this.#kernels, shelf: this.#shelf, host: this.#host };
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

/** Puts a worker at the service of whoever is at the other end. */
export function serve(endpoint: Endpoint): void {
  expose(new TrainingWorker(), endpoint);
}
