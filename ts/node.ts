/** The public face in Node: all that browsers have, and files. */
import { nodeFiles } from "./data/node/files.js";
import type { ExperimentInput } from "./experiment/schema.js";
import type { SweepInput } from "./experiment/sweep.js";
import * as portable from "./index.js";

export { type FetchOptions, fetchSet } from "./data/node/download.js";
export { type NodeFilesOptions, nodeFiles } from "./data/node/files.js";
export { checkSet, type FileCheck, listSets, type SetStatus } from "./data/node/inventory.js";
export * from "./index.js";
export { loadKernels } from "./kernels/node/load.js";

/** As `train` for browsers; data files are read from this machine. */
export function train(
  input: ExperimentInput,
  options: portable.TrainOptions = {},
): Promise<portable.RunResult> {
  return portable.train(input, { files: nodeFiles(), ...options });
}

/** As `sweep` for browsers; data files are read from this machine. */
export function sweep(
  input: SweepInput,
  options: portable.SweepOptions = {},
): Promise<portable.SweepResult> {
  return portable.sweep(input, { files: nodeFiles(), ...options });
}

/** As `sweepIterator` for browsers; data files are read from this machine. */
export function sweepIterator(
  input: SweepInput,
  options: portable.SweepOptions = {},
): AsyncGenerator<portable.SweptRun> {
  return portable.sweepIterator(input, { files: nodeFiles(), ...options });
}
