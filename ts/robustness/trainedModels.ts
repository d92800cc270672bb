import { asCompleted } from "../async/asCompleted.js";
import { type OnProgress, ProgressReporter } from "../async/progress.js";
import type { BackendRecord } from "../backend/machineFor.js";
import type { Dataset } from "../data/dataset.js";
import { RunError } from "../errors/errors.js";
import type { Experiment } from "../experiment/schema.js";
import { makeRunner, type WorkerOptions } from "../jobs/makeRunner.js";
import { runKey } from "../jobs/runKey.js";
import type { Runner } from "../jobs/runner.js";
import type { Kernels } from "../kernels/kernels.js";
import type { MeasurementStore, TrainedNetwork } from "../store/measurements.js";
import { hashDataset, type KeyedDataset } from "../train/dataKey.js";
import type { HostOptions } from "../train/prepare.js";
import type { Dose } from "../train/record/dose.js";
import { type Model, modelOn } from "./model.js";
import type { PlannedModel } from "./subjects.js";

/** A model that is ready to be measured. */
export interface MadeModel {
  readonly model: Model;
  /** What its noise nodes paid in training; null without noise nodes, or if it was not trained here. */
  readonly dose: Dose | null;
}

/** What making models may use. */
export interface ModelHost extends WorkerOptions, Pick<HostOptions, "gpu" | "signal"> {
  readonly kernels: Kernels;
  readonly backend: BackendRecord;
  readonly store?: Pick<MeasurementStore, "network" | "putNetwork">;
  readonly onProgress?: OnProgress;
}

/**
 * Makes all models, several at once where there are workers. How many there are changes no bit.
 * @throws RunError if a training leaves the finite numbers; the first error of a run.
 */
export async function trainedModels(
  planned: readonly PlannedModel[],
  dataset: Dataset,
  host: ModelHost,
): Promise<MadeModel[]> {
  const made: MadeModel[] = [];
  const waiting: number[] = [];
  for (const [i, one] of planned.entries()) {
    if ("given" in one) made[i] = { model: one.given, dose: null };
    else waiting.push(i);
  }
  if (waiting.length === 0) return made;
  const { kernels, backend } = host;
  const name = backend.name as "wasm" | "webgpu" | "reference";
  const cores = globalThis.navigator?.hardwareConcurrency ?? 1;
  const wanted = Math.min(cores, waiting.length);
  const runner = await makeRunner({ ...host, backend: name }, wanted, kernels);
  const data = { key: await hashDataset(dataset), dataset };
  const progress = new Finished(waiting.length, host.onProgress);
  const training = new Training(runner, data, name, host, progress);
  try {
    for await (const [i, network] of asCompleted(waiting, runner.size, async (at) => {
      const one = planned[at] as NetworkToTrain;
      return [at, { ...one, ...(await training.network(one)) }] as const;
    })) {
      const { network: shape, weights, biases, dose } = network;
      made[i] = {
        model: modelOn(dataset, { network: shape, parameters: { weights, biases } }),
        dose,
      };
    }
    return made;
  } finally {
    await runner.dispose();
  }
}

type NetworkToTrain = Extract<PlannedModel, { experiment: Experiment }>;

/** Trains networks, or takes them from the store. Equal experiments are trained once. */
class Training {
  readonly #runner: Runner;
  readonly #data: KeyedDataset;
  readonly #name: "wasm" | "webgpu" | "reference";
  readonly #host: ModelHost;
  readonly #progress: Finished;
  readonly #making = new Map<string, Promise<TrainedNetwork>>();

  constructor(
    runner: Runner,
    data: KeyedDataset,
    name: "wasm" | "webgpu" | "reference",
    host: ModelHost,
    progress: Finished,
  ) {
    this.#runner = runner;
    this.#data = data;
    this.#name = name;
    this.#host = host;
    this.#progress = progress;
  }

  async network({ name, experiment }: NetworkToTrain): Promise<TrainedNetwork> {
    const key = await runKey(experiment, this.#data.key, this.#host.backend);
    const making = this.#making.get(key) ?? this.#made(key, experiment);
    this.#making.set(key, making);
    const network = await making;
    this.#progress.done(experiment);
    const parameters = [...network.weights, ...network.biases];
    if (parameters.every((values) => values.every(Number.isFinite))) return network;
    throw new RunError(
      `the network ${name} of seed ${experiment.seed} left the finite numbers in training, so it has no accuracy: take a smaller learning rate (${experiment.optimizer.learningRate}) or less noise`,
    );
  }

  async #made(key: string, experiment: Experiment): Promise<TrainedNetwork> {
    const { store, signal } = this.#host;
    const kept = await store?.network(key);
    if (kept) return kept;
    signal?.throwIfAborted();
    const onStep = (step: number, steps: number) => this.#progress.at(experiment, step / steps);
    const job = { key, experiment, backend: this.#name, data: this.#data };
    const { parameters, dose } = await this.#runner.run(job, { signal, onStep });
    const { weights, biases } = parameters;
    const made = { weights, biases, dose };
    await store?.putNetwork(key, made);
    return made;
  }
}

/** Reports how many networks are ready; one that is being trained counts as the part that is done. */
class Finished {
  readonly #all: number;
  readonly #reporter: ProgressReporter;
  readonly #parts = new Map<Experiment, number>();

  constructor(all: number, onProgress: OnProgress | undefined) {
    this.#all = all;
    this.#reporter = new ProgressReporter("network", onProgress);
    this.#reporter.report(0, all);
  }

  at(experiment: Experiment, part: number): void {
    this.#parts.set(experiment, part);
    const done = [...this.#parts.values()].reduce((sum, one) => sum + one, 0);
    this.#reporter.report(done, this.#all);
  }

  done(experiment: Experiment): void {
    this.at(experiment, 1);
  }
}
