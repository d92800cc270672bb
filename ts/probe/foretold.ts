import type { BoundaryName } from "../analysis/boundaries.js";
import { type Estimate, estimate } from "../analysis/estimate.js";
import { boundaryVerdict } from "../analysis/verdict.js";
import { mapInTurns } from "../async/mapInTurns.js";
import type { Experiment } from "../experiment/schema.js";
import { canonicalJson } from "../format/hash.js";
import { loadKernels } from "../kernels/kernels.js";
import { isReducible, recursionPrediction } from "../linear/linearPrediction.js";
import type { SweepResult } from "../sweep/sweepResult.js";
import { isPlain, SYSTEMATIC } from "./comparisons.js";
import type { Prediction } from "./predict.js";
import { type PredictionOptions, predictionOf } from "./predictionOf.js";

/** Boundaries that theory predicts from the starts of runs; null: there is none, or no formula. */
export type Foretold = Readonly<Record<"decay" | "catapult" | "divergent", Estimate | null>>;

/** Seeds whose starts are looked at, and training samples that a network's curvature is taken over. */
const SEEDS = 3;
const SAMPLES = 256;

/**
 * The boundaries that runs along `sigma` should show: the linear model's by its exact recursion in population, any other network's from
 * the curvature at its start, which costs some seconds and is measured only if `networks` asks for it. Geometric means
 * over seeds with their standard errors; of one seed, the error is half the difference between halves of the samples.
 * @returns null where the runs differ in more than noise and seed, have no noise, or are not of plain SGD.
 */
export async function foretold(
  experiments: readonly Experiment[],
  { networks, ...options }: PredictionOptions & { readonly networks: boolean },
): Promise<Foretold | null> {
  const [first] = experiments;
  const alike = new Set(experiments.map(apartFromNoise)).size === 1;
  if (!alike || first.noise.length === 0 || !isPlain({ experiment: first })) return null;
  const seeds = [...new Set(experiments.map(({ seed }) => seed))].slice(0, SEEDS);
  const starts = seeds.map((seed) => ({ ...first, seed }));
  const kernels = options.kernels ?? (await loadKernels());
  // The recursion is of the data that the experiment generates, and of no other.
  if (options.dataset === undefined && isReducible(first)) {
    const each = await mapInTurns(
      starts,
      (start) => recursionPrediction(start, kernels),
      options.signal,
    );
    const of = (name: keyof Foretold) => overSeeds(each.map((one) => one[name]));
    return { decay: of("decay"), catapult: of("catapult"), divergent: of("divergent") };
  }
  if (!networks) return null;
  const samples = options.samples ?? SAMPLES;
  const each: Prediction[] = [];
  for (const start of starts)
    each.push(await predictionOf(start, { ...options, kernels, samples }));
  const [a, b] = seeds.length > 1 ? [] : await halves(first, { ...options, kernels, samples });
  const of = (name: "decay" | "catapult") => {
    const mean = overSeeds(each.map((one) => one[name]));
    if (!mean || !a || !b) return mean;
    const both = [a[name], b[name]].filter((x) => x !== null);
    return { ...mean, error: estimate(both).error };
  };
  return { decay: of("decay"), catapult: of("catapult"), divergent: null };
}

/** Boundaries that were measured, beside those that were foretold. */
export function besideForetold(
  boundaries: SweepResult["boundaries"],
  prediction: Foretold,
): SweepResult["boundaries"] {
  const entries = Object.entries(boundaries).map(([name, measured]) => {
    const predicted = prediction[name as BoundaryName];
    return [
      name,
      {
        ...measured,
        predicted: predicted?.value ?? null,
        predictedError: predicted?.error ?? null,
        verdict: boundaryVerdict(predicted, measured.bracket, SYSTEMATIC),
      },
    ];
  });
  return Object.fromEntries(entries);
}

async function halves(experiment: Experiment, options: PredictionOptions & { samples: number }) {
  const samples = Math.max(1, Math.floor(options.samples / 2));
  const first = await predictionOf(experiment, { ...options, samples });
  return [first, await predictionOf(experiment, { ...options, samples, first: samples })] as const;
}

/** The geometric mean of those that there are, and its standard error; exact where there is one alone. */
export function overSeeds(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((x) => x !== null);
  if (known.length === 0) return null;
  const { value, error } = estimate(known.map(Math.log));
  return { value: Math.exp(value), error: known.length > 1 ? Math.exp(value) * error : 0 };
}

function apartFromNoise({ noise, seed: _, ...rest }: Experiment): string {
  const [own, ...others] = noise;
  const { sigma: __, mode: ___, distribution: ____, ...group } = own ?? {};
  return canonicalJson({ ...rest, noise: [group, ...others] });
}
