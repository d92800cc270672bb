import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";

/** Largest number of runs that a GPU trains at once. */
export const MAX_REPLICAS = 64;

/** Runs with equal groups can train at once, as replicas of one program: they differ only in the noise's `sigma`. */
export function ensembleGroupOf(experiment: Experiment): string {
  const noise = experiment.noise.map((group) => ({ ...group, sigma: null }));
  return canonicalJson({ ...experiment, noise });
}

/** How many runs of a sweep train at once, on average. */
export function runsTogether(experiments: readonly Experiment[]): number {
  const some = experiments.slice(0, MAX_REPLICAS);
  return Math.max(1, Math.round(some.length / new Set(some.map(ensembleGroupOf)).size));
}
