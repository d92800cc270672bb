import { type OnProgress, ProgressReporter } from "../async/progress.js";
import type { Machine } from "../backend/machine.js";
import type { BackendRecord } from "../backend/machineFor.js";
import type { Streams } from "../random/streams.js";
import type { Measured } from "../store/measurements.js";
import type { LabelledImages } from "./images.js";
import { imagesDigest, measure, measurementKey, modelDigest } from "./measure.js";
import type { Model } from "./model.js";
import { ModelSession } from "./modelSession.js";
import type { RobustnessOptions } from "./options.js";
import type { FullSettings } from "./settings.js";
import { imagesFor, type OtherImages, type Task, tasksOf } from "./tasks.js";

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
export class Job {
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
