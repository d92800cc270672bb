import type { Lazy } from "../async/lazy.js";
import { checkDataset } from "../data/checkDataset.js";
import type { Dataset } from "../data/dataset.js";
import { loadDataset } from "../data/load.js";
import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";
import type { Kernels } from "../kernels/instance.js";
import { Streams } from "../random/streams.js";
import { hashDataset, isGenerated, type KeyedDataset } from "../train/dataKey.js";
import type { Runner } from "./runner.js";

/**
 * Loads the data of runs, once for all who ask: a data set that the caller gave, or the files that an experiment names.
 * It keeps the last set alone, so that memory does not grow with a sweep over data.
 */
export class DataSource {
  readonly #loader: Lazy<Pick<Runner, "load">>;
  readonly #given: Promise<KeyedDataset> | null;
  #last: { readonly spec: string; readonly loaded: Promise<KeyedDataset> } | null = null;

  /** @throws InputError if the given data set is not sound. */
  constructor(loader: Lazy<Pick<Runner, "load">>, given?: Dataset) {
    this.#loader = loader;
    const dataset = given === undefined ? null : checkDataset(given);
    this.#given = dataset && hashDataset(dataset).then((key) => ({ key, dataset }));
    this.#given?.catch(() => {});
  }

  /** @returns null for samples that are generated from the experiment. */
  async keyed({ data }: Experiment, signal?: AbortSignal): Promise<KeyedDataset | null> {
    if (this.#given) return this.#given;
    if (isGenerated(data)) return null;
    const spec = canonicalJson(data);
    if (this.#last?.spec !== spec) {
      const loaded = this.#loader.get().then((loader) => loader.load(data, signal));
      this.#last = { spec, loaded };
    }
    return this.#last.loaded;
  }

  /** The samples themselves, generated ones too. */
  async dataset(experiment: Experiment, kernels: Kernels, signal?: AbortSignal): Promise<Dataset> {
    const keyed = await this.keyed(experiment, signal);
    if (keyed) return keyed.dataset;
    return loadDataset(experiment.data, new Streams(kernels, experiment.seed));
  }
}
