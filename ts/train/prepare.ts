import type { Machine } from "../backend/machine.js";
import type { BackendName } from "../backend/machineFor.js";
import type { GpuOptions } from "../backend/webgpu/gpu.js";
import { checkDataset } from "../data/checkDataset.js";
import type { Dataset } from "../data/dataset.js";
import { type FileSource, loadDataset } from "../data/load.js";
import { parseExperiment } from "../experiment/parse.js";
import type { Experiment, ExperimentInput } from "../experiment/schema.js";
import { type Kernels, loadKernels } from "../kernels/kernels.js";
import type { Plan } from "../program/workspace.js";
import { Streams } from "../random/streams.js";
import { hashDataset, isGenerated } from "./dataKey.js";
import { type RunInputs, seededInputs } from "./inputs.js";
import { chooseBackend } from "./machine/chooseBackend.js";
import { planOf } from "./plan.js";
import { type Schedule, scheduleOf } from "./schedule.js";
import type { Setup } from "./setup.js";

/** What a host offers to a job: its machines, its files, its kernels. */
export interface HostOptions {
  /** The machine to use; default `auto`, which takes the faster one. */
  readonly backend?: BackendName;
  /** The GPU to use, where the job runs on one. */
  readonly gpu?: GpuOptions;
  /** Allows relaxed-SIMD kernels where the host has them: faster, but other hosts may round differently. */
  readonly fast?: boolean;
  /** Kernels that are already loaded (`loadKernels`). */
  readonly kernels?: Kernels;
  /** Reads the files that `experiment.data` names. */
  readonly files?: FileSource;
  /** Aborts the job; the job then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface PrepareOptions extends HostOptions {
  /** The data to use, whatever `experiment.data` names; the result's `dataset` records it. */
  readonly dataset?: Dataset;
}

/** An experiment together with everything that a run of it takes, on one machine. */
export class Prepared implements Setup {
  readonly experiment: Experiment;
  readonly kernels: Kernels;
  readonly streams: Streams;
  readonly data: Dataset;
  /** SHA-256 of the data; null: generated from the experiment. */
  readonly dataKey: string | null;
  readonly plan: Plan;
  readonly inputs: RunInputs;
  readonly schedule: Schedule;
  readonly machine: Machine;
  /** Why the run is made on this machine. */
  readonly why: string | undefined;
  /** Sessions to close, shared with the variants of this experiment. */
  readonly #resources: Resources;

  /** @throws InputError where experiment and data do not fit. */
  constructor(
    experiment: Experiment,
    host: Pick<Prepared, "kernels" | "data" | "dataKey" | "machine"> & { readonly why?: string },
    resources = new Resources(),
  ) {
    this.experiment = experiment;
    this.kernels = host.kernels;
    this.data = host.data;
    this.dataKey = host.dataKey;
    this.machine = host.machine;
    this.why = host.why;
    this.plan = planOf(experiment, host.data);
    this.streams = new Streams(host.kernels, experiment.seed);
    this.inputs = seededInputs(experiment, this.plan, this.streams);
    this.schedule = scheduleOf(experiment, this.plan);
    this.#resources = resources;
  }

  /** Another experiment on the same data and machine. */
  variant(input: ExperimentInput): Prepared {
    return new Prepared(parseExperiment(input), this, this.#resources);
  }

  /** Waits for something to open, and closes it when this object is disposed of. */
  keep<T extends Disposable>(opening: Promise<T>): Promise<T> {
    return this.#resources.keep(opening);
  }

  /** Closes everything that `keep` was given. */
  dispose(): void {
    this.#resources.dispose();
  }
}

interface Disposable {
  dispose(): void;
}

class Resources {
  readonly #open: Disposable[] = [];
  #closed = false;

  async keep<T extends Disposable>(opening: Promise<T>): Promise<T> {
    const opened = await opening;
    if (this.#closed) opened.dispose();
    else this.#open.push(opened);
    return opened;
  }

  dispose(): void {
    this.#closed = true;
    for (const one of this.#open.splice(0)) one.dispose();
  }
}

/**
 * Parses an experiment, loads its kernels and its data, and chooses its machine. The caller disposes of the result.
 * @throws InputError if the experiment is not valid or its data cannot be loaded; RunError if the machine is missing.
 */
export async function prepare(
  input: ExperimentInput,
  options: PrepareOptions = {},
): Promise<Prepared> {
  const experiment = parseExperiment(input);
  const { backend = "auto", gpu, files, signal } = options;
  signal?.throwIfAborted();
  const kernels = options.kernels ?? (await loadKernels({ fast: options.fast }));
  const streams = new Streams(kernels, experiment.seed);
  const given = options.dataset !== undefined;
  const data = given
    ? checkDataset(options.dataset as Dataset)
    : await loadDataset(experiment.data, streams, files);
  const dataKey = given || !isGenerated(experiment.data) ? await hashDataset(data) : null;
  signal?.throwIfAborted();
  const choice = await chooseBackend(backend, {
    experiment,
    kernels,
    gpu,
    data: async () => data,
  });
  const { machine, why } = choice;
  return new Prepared(experiment, { kernels, data, dataKey, machine, why });
}
