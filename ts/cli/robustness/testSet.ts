import { basename, resolve } from "node:path";
import { type FileSource, loadDataset } from "../../data/load.js";
import { InputError, shown } from "../../errors/errors.js";
import { withPaths } from "../../experiment/dataPaths.js";
import { parseExperiment } from "../../experiment/parse.js";
import { parseValue } from "../../experiment/paths.js";
import type { Streams } from "../../random/streams.js";
import type { TestSet } from "../../robustness/robustness.js";
import { isPlainObject } from "../../schema/plainObject.js";

/**
 * Reads a test set: a NumPy file with arrays X and y, or JSON as for an experiment's `data`.
 * @throws InputError that names what is wrong.
 */
export async function readTestSet(
  text: string,
  streams: Streams,
  files: FileSource,
): Promise<TestSet> {
  const given = text.endsWith(".npz")
    ? { name: "npz", path: text, task: "classification" }
    : parseValue(text);
  if (!isPlainObject(given)) {
    throw new InputError(
      "--test-set",
      `--test-set is ${shown(text)}: takes an .npz file with arrays X and y, or JSON such as {"name":"mnist"}`,
    );
  }
  const spec = withPaths(given, (path) => resolve(path)) as { name: "npz" };
  const { data } = parseExperiment({ data: spec as never });
  const dataset = await loadDataset(data, streams, files);
  const file = "path" in data ? data.path : "images" in data ? data.images : data.name;
  return { name: basename(file).replace(/\.\w+$/, ""), dataset };
}
