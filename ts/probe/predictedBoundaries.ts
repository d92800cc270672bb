import type { BoundaryName, PredictedBoundaries } from "../analysis/boundaries.js";
import { type Estimate, estimate } from "../analysis/estimate.js";
import { boundaryVerdict } from "../analysis/verdict.js";
import { mapInTurns } from "../async/mapInTurns.js";
import type { Experiment } from "../experiment/schema.js";
import { type ForecastOptions, forecast } from "../forecast/forecast.js";
import { estimateOf, type Forecast } from "../forecast/forecastResult.js";
import { canonicalJson } from "../format/hash.js";
import { loadKernels } from "../kernels/kernels.js";
import { isReducible, recursionPrediction } from "../linear/linearPrediction.js";
import type { SweepResult } from "../sweep/sweepResult.js";
import { isPlain } from "./comparisons.js";
import { SYSTEMATIC } from "./judged.js";

/** Seeds that are forecast. */
const SEEDS = 3;

/**
 * The boundaries that runs along `sigma` should show: the linear model's by its exact recursion in population, any other network's by
 * a forecast, which makes short runs and is made only if `networks` asks for it. Geometric means over seeds with their standard
 * errors; the error of one seed comes from its forecast's interval.
 * @returns null where the runs differ in more than noise and seed, have no noise, or are not of plain SGD.
 */
export async function predictedBoundaries(
  experiments: readonly Experiment[],
  { networks, ...options }: ForecastOptions & { readonly networks: boolean },
): Promise<PredictedBoundaries | null> {
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
    const of = (name: keyof PredictedBoundaries) => overSeeds(each.map((one) => one[name]));
    return { decay: of("decay"), catapult: of("catapult"), divergent: of("divergent") };
  }
  if (!networks) return null;
  const each: Forecast[] = [];
  for (const start of starts) each.push(await forecast(start, { ...options, kernels }));
  const of = (name: BoundaryName) => {
    const found = each.map(({ boundaries }) => boundaries[name]);
    if (found.length === 1) return estimateOf(found[0]);
    return overSeeds(found.map((boundary) => boundary?.value ?? null));
  };
  return { decay: of("decay"), catapult: of("catapult"), divergent: of("divergent") };
}

/** The measured boundaries with the predicted ones beside them. */
export function withPredictions(
  boundaries: SweepResult["boundaries"],
  prediction: PredictedBoundaries,
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
