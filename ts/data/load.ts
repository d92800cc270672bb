import type { Streams } from "../random/streams.js";
import { checkDataset } from "./checkDataset.js";
import type { Dataset } from "./dataset.js";
import { type FileSource, noFiles } from "./fileSource.js";
import { gaussianMixture, linearRegression, spiral, teacher } from "./generate.js";
import type { DataSpec } from "./specs.js";

export { type FileSource, type NamedSet, noFiles } from "./fileSource.js";

/**
 * Loads or generates the data of an experiment.
 * @throws InputError that names the field or the file, with what was expected and what was found.
 */
export async function loadDataset(
  spec: DataSpec,
  streams: Streams,
  files: FileSource = noFiles,
): Promise<Dataset> {
  return checkDataset(await load(spec, streams, files), "data");
}

async function load(spec: DataSpec, streams: Streams, files: FileSource): Promise<Dataset> {
  switch (spec.name) {
    case "linear-regression":
      return linearRegression(spec, streams);
    case "teacher":
      return teacher(spec, streams);
    case "gaussian-mixture":
      return gaussianMixture(spec, streams);
    case "spiral":
      return spiral(spec, streams);
    default: {
      // Loaded on demand, because pages that generate their data need no file readers.
      const { fileDataset } = await import("./fileDataset.js");
      return fileDataset(spec, files);
    }
  }
}
