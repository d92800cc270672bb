/**
 * Robustness in Node: the same names as in browsers; measurements find the GPU of this machine.
 * @module ninscope/robustness (Node)
 */
import type { Dataset } from "../../data/dataset.js";
import { spawnThread, threadsHere } from "../../jobs/pool/node/spawn.js";
import * as portable from "../robustness.js";
import { withGpu } from "./host.js";

export * from "../robustness.js";

/** As in browsers; it trains on one worker a core, and `webgpu` is this machine's GPU. */
export function robustness(
  subjects: readonly portable.RobustnessSubject[],
  dataset: Dataset,
  options: portable.RobustnessOptions = {},
): Promise<portable.RobustnessResult> {
  const here = { workers: threadsHere(), spawn: spawnThread };
  return portable.robustness(subjects, dataset, withGpu({ ...here, ...options }));
}
