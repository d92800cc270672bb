import { machineFor } from "../backend/machineFor.js";
import { type FileSource, loadDataset } from "../data/load.js";
import type { DataSpec } from "../data/specs.js";
import type { Kernels } from "../kernels/instance.js";
import { Streams } from "../random/streams.js";
import { hashDataset, type KeyedDataset } from "../train/dataKey.js";
import { type RunResult, runExperiment } from "../train/experimentRun.js";
import { Prepared } from "../train/prepare.js";
import type { TrainerHooks } from "../train/trainer.js";
import { DatasetCache } from "./datasetCache.js";
import type { Job, Runner } from "./runner.js";

/** Makes runs on the thread that it is called on. */
export class LocalRunner implements Runner {
  readonly size: number;
  readonly #kernels: Kernels;
  readonly #files: FileSource | undefined;
  readonly #cache: DatasetCache;

  /** @param size number of runs that it makes in turns; more than one pays where other threads compute them. */
  constructor(kernels: Kernels, files?: FileSource, size = 1) {
    this.size = size;
    this.#kernels = kernels;
    this.#files = files;
    this.#cache = new DatasetCache(kernels);
  }

  async load(data: DataSpec): Promise<KeyedDataset> {
    const dataset = await loadDataset(data, new Streams(this.#kernels, 0), this.#files);
    return { key: await hashDataset(dataset), dataset };
  }

  async run({ experiment, backend, data, machine }: Job, hooks?: TrainerHooks): Promise<RunResult> {
    const dataset = data?.dataset ?? (await this.#cache.generated(experiment));
    const host = {
      kernels: this.#kernels,
      data: dataset,
      dataKey: data?.key ?? null,
      machine: machine ?? (await machineFor(backend, this.#kernels)),
    };
    return runExperiment(new Prepared(experiment, host), hooks);
  }

  async dispose(): Promise<void> {}
}
