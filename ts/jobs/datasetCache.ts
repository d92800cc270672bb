import type { Dataset } from "../data/dataset.js";
import { loadDataset } from "../data/load.js";
import type { Experiment } from "../experiment/schema.js";
import type { Kernels } from "../kernels/instance.js";
import { Streams } from "../random/streams.js";
import { generatedKey, type KeyedDataset } from "../train/dataKey.js";

/** Holds the data set that was used last, so that consecutive runs with the same data share one copy. */
export class DatasetCache {
  readonly #kernels: Kernels;
  #held: KeyedDataset | null = null;

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  put(data: KeyedDataset): void {
    this.#held = data;
  }

  /** @throws RangeError if nothing was put there under this key. */
  get(key: string): Dataset {
    if (this.#held?.key !== key) throw new RangeError(`no data set ${key} is held here`);
    return this.#held.dataset;
  }

  async generated(experiment: Experiment): Promise<Dataset> {
    const key = generatedKey(experiment);
    if (this.#held?.key !== key) {
      const streams = new Streams(this.#kernels, experiment.seed);
      this.#held = { key, dataset: await loadDataset(experiment.data, streams) };
    }
    return this.#held.dataset;
  }
}
