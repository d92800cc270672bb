import type { Dataset } from "../data/dataset.js";
import { loadDataset } from "../data/load.js";
import type { DataSpec } from "../data/specs.js";
import { parseExperiment } from "../experiment/parse.js";
import { loadKernels } from "../kernels/kernels.js";
import { Streams } from "../random/streams.js";
import type { HostOptions } from "./prepare.js";

/** What loading data may use. */
export interface LoadOptions extends Pick<HostOptions, "files" | "kernels"> {
  /** Seed of generated data; default 0, as an experiment's. */
  readonly seed?: number;
}

/**
 * Loads the data that an experiment's `data` field names, to look at it or to share it between jobs.
 * @throws InputError that names the field or the file, what it holds and what it takes.
 */
export async function loadData(
  spec: Partial<DataSpec>,
  { files, seed = 0, ...options }: LoadOptions = {},
): Promise<Dataset> {
  const { data } = parseExperiment({ data: spec, seed });
  const kernels = options.kernels ?? (await loadKernels());
  return loadDataset(data, new Streams(kernels, seed), files);
}
