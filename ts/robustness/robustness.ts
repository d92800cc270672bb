import { type OnProgress, ProgressReporter } from "../async/progress.js";
import type { Machine } from "../backend/machine.js";
import { type BackendRecord, backendRecord, machineFor } from "../backend/machineFor.js";
import { checkDataset } from "../data/checkDataset.js";
import { type Dataset, recordOf } from "../data/dataset.js";
import { InputError } from "../errors/errors.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import type { Measured, TrainedNetwork } from "../store/measurements.js";
import { hashDataset } from "../train/dataKey.js";
import type { HostOptions } from "../train/prepare.js";
import { type LabelledImages, labelledImages } from "./images.js";
import { imagesDigest, measure, measurementKey, modelDigest } from "./measure.js";
import type { Model } from "./model.js";
import { ModelSession } from "./modelSession.js";
import type { RobustnessResult } from "./robustnessResult.js";
import { type FullSettings, fullSettings, type RobustnessSettings } from "./settings.js";
import { type MadeModel, plannedModels, type RobustnessSubject } from "./subjects.js";
import { type MeasuredNetwork, summarise } from "./summarise.js";
import { imagesFor, type OtherImages, type Task, tasksOf } from "./tasks.js";

/** Images of another domain, for a test of networks that were trained on one set and are used on another. */
export interface TestSet {
  /** Name in results. */
  readonly name: string;
  /** Its test samples are used; its training samples if it has no others. */
  readonly dataset: Dataset;
}

/** Where networks and measurements are kept, by the SHA-256 of all that they depend on. */
export interface RobustnessStore {
  /** A measurement; undefined if it has not been made. */
  get(key: string): Measured | undefined;
  /** Adds a measurement. */
  put(key: string, measured: Measured): Promise<void>;
  /** A trained network; null if there is none. */
  network(key: string): Promise<TrainedNetwork | null>;
  /** Keeps a trained network. */
  putNetwork(key: string, network: TrainedNetwork): Promise<void>;
}

/** How to measure. */
export interface RobustnessOptions
  extends RobustnessSettings,
    Pick<HostOptions, "backend" | "gpu" | "fast" | "kernels" | "signal"> {
  /** Images of other domains. If there are none, the test images at half their resolution take their place. */
  readonly testSets?: readonly TestSet[];
  /** Reports the networks that are trained and the measurements that are made. */
  readonly onProgress?: OnProgress;
  /** Keeps networks and measurements, and uses those that it has. */
  readonly store?: RobustnessStore;
}

/**
 * Measures how robust networks are: their accuracy on the test images of a data set, on corrupted ones, under attacks and
 * on images of another domain. All networks, and all their seeds, see the same pixels. The forward pass is deterministic
 * and without noise.
 * @param subjects networks to train, or trained ones; differences are to the first.
 * @param dataset grey images of 28 x 28 pixels with classes, stored as bytes or as numbers from 0 to 1.
 * @throws InputError that names the field, its value and what it takes; the signal's reason if it is aborted.
 */
export async function robustness(
  subjects: readonly RobustnessSubject[],
  dataset: Dataset,
  options: RobustnessOptions = {},
): Promise<RobustnessResult> {
  const { backend: name = "auto", gpu, fast, signal, kernels: given, ...more } = options;
  const { testSets = [], onProgress, store, ...settings } = more;
  const full = fullSettings(settings, checkDataset(dataset).test?.rows ?? 0);
  const clean = labelledImages(dataset, dataset.test, full.samples, "dataset");
  const others = testSets.map((set) => otherImages(set, dataset, full));
  signal?.throwIfAborted();
  const kernels = given ?? (await loadKernels({ fast }));
  const machine = await machineFor(name, kernels, gpu);
  const backend = backendRecord(machine, kernels);
  const host = { kernels, backend, gpu, signal, store };
  const planned = await plannedModels(subjects, dataset, host);
  const training = new ProgressReporter("network", onProgress);
  const made: MadeModel[] = [];
  for (const [i, { make }] of planned.entries()) {
    training.report(i, planned.length);
    made.push(await make());
  }
  const models = made.map(({ model }) => model);
  const streams = new Streams(kernels, full.seed);
  const job = new Job({ machine, backend, models, clean, others, settings: full, streams, store });
  const measured = await job.run(onProgress, signal);
  const networks = subjects.map(({ name: subject }, s): MeasuredNetwork => {
    const own = planned.flatMap((model, i) => (model.subject === s ? [i] : []));
    const entries = [...measured].map(([task, all]) => [task, own.map((i) => all[i])] as const);
    const doses = own.map((i) => made[i].dose);
    return { name: subject, measured: new Map(entries), doses };
  });
  return {
    networks: networks.map((one, s) => summarise(one, s === 0 ? null : networks[0], full)),
    settings: full,
    dataset: recordOf(dataset, await hashDataset(dataset)),
    backend,
  };
}

function otherImages(
  { name, dataset }: TestSet,
  { outputs }: Dataset,
  { samples }: FullSettings,
): OtherImages {
  checkDataset(dataset);
  if (dataset.outputs > outputs) {
    throw new InputError(
      "testSets",
      `testSets: ${name} has ${dataset.outputs} classes: takes at most the networks' ${outputs}`,
    );
  }
  const split = dataset.test ?? dataset.train;
  const rows = Math.min(samples, split.rows);
  return { name, ...labelledImages({ ...dataset, name }, split, rows, "testSets") };
}

interface JobInput {
  readonly machine: Machine;
  readonly backend: BackendRecord;
  readonly models: readonly Model[];
  readonly clean: LabelledImages;
  readonly others: readonly OtherImages[];
  readonly settings: FullSettings;
  readonly streams: Streams;
  readonly store: RobustnessOptions["store"];
}

/** Measures all tasks of all models; those of one task one after another, on the same images. */
class Job {
  readonly #input: JobInput;

  constructor(input: JobInput) {
    this.#input = input;
  }

  /** @returns for each task, what was measured of each model. */
  async run(
    onProgress: OnProgress | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Map<Task, Measured[]>> {
    const { machine, models, clean, others, settings } = this.#input;
    const tasks = tasksOf(settings, others);
    const progress = new ProgressReporter("measurement", onProgress);
    const digests: string[] = [];
    for (const model of models) digests.push(await modelDigest(model));
    const sources = await this.#sources();
    const measured = new Map<Task, Measured[]>();
    const sessions: ModelSession[] = [];
    try {
      for (const model of models) {
        sessions.push(await ModelSession.open(machine, model, clean.labels.length, signal));
      }
      for (const [t, task] of tasks.entries()) {
        const source = sources.get(task.kind === "shift" ? task.name : "") ?? sources.get("");
        const keys = await Promise.all(
          digests.map((digest) => this.#key(task, digest, source ?? "")),
        );
        const found = await this.#task(task, keys, sessions, (done) =>
          progress.report(t * models.length + done, tasks.length * models.length),
        );
        measured.set(task, found);
      }
      return measured;
    } finally {
      for (const session of sessions) session.dispose();
    }
  }

  async #task(
    task: Task,
    keys: readonly string[],
    sessions: readonly ModelSession[],
    report: (done: number) => void,
  ): Promise<Measured[]> {
    const { clean, others, settings, streams, store } = this.#input;
    // Images are made only if they are needed.
    let images: LabelledImages | null = null;
    const found: Measured[] = [];
    for (const [i, session] of sessions.entries()) {
      const known = store?.get(keys[i]);
      images ??= known ? null : imagesFor(task, clean, others, settings, streams);
      const one = known ?? (await measure(task, session, images ?? clean, settings, streams));
      if (!known) await store?.put(keys[i], one);
      found.push(one);
      report(i + 1);
    }
    return found;
  }

  #key(task: Task, model: string, source: string): Promise<string> {
    const { settings, backend } = this.#input;
    return measurementKey(task, model, source, settings, backend);
  }

  /** The digests of the images that tasks start from, by the name of their domain; the test images have none. */
  async #sources(): Promise<Map<string, string>> {
    const { clean, others } = this.#input;
    const sources = new Map([["", await imagesDigest(clean)]]);
    for (const other of others) sources.set(other.name, await imagesDigest(other));
    return sources;
  }
}
