import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";

/** Runs that a GPU trains at once at most. */
export const MOST_TOGETHER = 64;

/** What runs have to have in common to be trained at once, as one program's replicas: all but the noise's `sigma`. */
export function kinOf(experiment: Experiment): string {
  const noise = experiment.noise.map((group) => ({ ...group, sigma: null }));
  return canonicalJson({ ...experiment, noise });
}

/** How many of a sweep's runs are trained at once, on average over those that are asked for at a time. */
export function togetherOf(experiments: readonly Experiment[]): number {
  const some = experiments.slice(0, MOST_TOGETHER);
  return Math.max(1, Math.round(some.length / new Set(some.map(kinOf)).size));
}
